import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { conditionOf, kubectl, list } from './kubectl.ts';
import { until } from './until.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

export const systemNamespace = 'chaperone-system';
export const operatorDeployment = 'deployment/chaperone-operator';
export const gatewayDeployment = 'deployment/chaperone-gateway';

/** Installs the chart, or brings it back to the stories' values and to the image that was built last; returns when operator and gateway are ready. */
export async function ensureInstalled(): Promise<void> {
  const chart = join(root, 'charts/chaperone');
  const values = join(import.meta.dirname, 'values.yaml');
  // The tag of a test image stays the same, so without this a pod would go on with the image of before.
  const build = `podAnnotations.build=${createHash('sha256')
    .update(readFileSync(join(root, 'dist/operator.mjs')))
    .digest('hex')}`;
  const where = ['-n', systemNamespace, '--create-namespace', '--wait', '--timeout', '120s'];
  await helm('upgrade', '--install', 'chaperone', chart, ...where, '-f', values, '--set-string', build);
}

export async function uninstall(): Promise<void> {
  await helm('uninstall', 'chaperone', '-n', systemNamespace, '--wait', '--timeout', '120s');
}

export async function helm(...args: string[]): Promise<string> {
  const { stdout } = await run('helm', args, { maxBuffer: 16 << 20 });
  return stdout;
}

/** Scales a deployment of ours and waits until it has just that many pods, ready ones, and the others are gone: while they end they still answer. */
export async function scale(deployment: string, replicas: number): Promise<void> {
  await kubectl('scale', '-n', systemNamespace, deployment, `--replicas=${replicas}`);
  const selector = `app.kubernetes.io/component=${deployment.split('-').at(-1)}`;
  await until(`${deployment} to have ${replicas} pods`, 90, async () => {
    const pods = await list('pods', '-n', systemNamespace, '-l', selector);
    return pods.length === replicas && pods.every((pod) => conditionOf(pod, 'Ready')?.status === 'True');
  });
}

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { get, kubectl } from './kubectl.ts';
import { until } from './until.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

export const systemNamespace = 'chaperone-system';
export const operatorDeployment = 'deployment/chaperone-operator';
export const gatewayDeployment = 'deployment/chaperone-gateway';

/** Installs the chart, or brings it back to the stories' values; returns when operator and gateway are ready. */
export async function ensureInstalled(): Promise<void> {
  await helm(
    'upgrade',
    '--install',
    'chaperone',
    join(root, 'charts/chaperone'),
    '-n',
    systemNamespace,
    '--create-namespace',
    '-f',
    join(import.meta.dirname, 'values.yaml'),
    '--wait',
    '--timeout',
    '120s',
  );
}

export async function uninstall(): Promise<void> {
  await helm('uninstall', 'chaperone', '-n', systemNamespace, '--wait', '--timeout', '120s');
}

export async function helm(...args: string[]): Promise<string> {
  const { stdout } = await run('helm', args, { maxBuffer: 16 << 20 });
  return stdout;
}

/** Scales a deployment of ours and waits until it has just that many pods, ready ones. */
export async function scale(deployment: string, replicas: number): Promise<void> {
  await kubectl('scale', '-n', systemNamespace, deployment, `--replicas=${replicas}`);
  await until(`${deployment} to have ${replicas} pods`, 90, async () => {
    const { spec, status } = await get(systemNamespace, deployment);
    const { replicas: all = 0, readyReplicas: ready = 0, observedGeneration } = status;
    return spec.replicas === replicas && all === replicas && ready === replicas && observedGeneration >= 1;
  });
}

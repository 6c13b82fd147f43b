import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createClient, type KubeClient } from '../../kube/client.ts';
import { connectByKubeConfig, loadKubeConfig } from '../../kube/connection.ts';
import { createTransport } from '../../kube/transport.ts';
import { systemClock } from '../../runtime/clock.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');

/** A real API server without a node, with our own client as its administrator. */
export interface ApiServer {
  client: KubeClient;
  kubectl(...args: string[]): Promise<string>;
  close(): Promise<void>;
}

/** Starts etcd and kube-apiserver on loopback; takes a few seconds once they are built. */
export async function startApiServer(): Promise<ApiServer> {
  const folder = await mkdtemp(join(tmpdir(), 'chaperone-api-'));
  const script = join(root, 'e2e/cluster/apiserver');
  const { stdout } = await run(script, ['up', '--controllers', join(folder, 'server')]);
  const { kubeconfig } = JSON.parse(stdout) as { kubeconfig: string };
  const tools = await run(join(root, 'scripts/tools'), ['--path', 'kubernetes']);
  const connection = connectByKubeConfig(() => loadKubeConfig(kubeconfig), systemClock);
  const transport = createTransport({ connection, clock: systemClock, random: Math.random });
  return {
    client: createClient(transport),
    async kubectl(...args) {
      return (await run(join(tools.stdout.trim(), 'kubectl'), ['--kubeconfig', kubeconfig, ...args])).stdout;
    },
    async close() {
      await transport.close();
      await run(script, ['down', join(folder, 'server')]);
      await rm(folder, { recursive: true });
    },
  };
}

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '../../runtime/clock.ts';
import { createClient, type KubeClient } from '../client.ts';
import { connectByKubeConfig, loadKubeConfig } from '../connection.ts';
import { createTransport, type Transport } from '../transport.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');
const script = join(root, 'e2e/cluster/apiserver');

/** A real API server without a node, with our own client as its administrator. */
export interface ApiServer {
  client: KubeClient;
  transport: Transport;
  /** Path of the administrator's kubeconfig. */
  kubeconfig: string;
  /** Gives what kubectl prints. */
  kubectl(...args: string[]): Promise<string>;
  close(): Promise<void>;
}

/** Starts etcd, kube-apiserver and, for garbage collection, the controllers, on loopback; takes a few seconds once they are built. Applies our CRDs. */
export async function startApiServer({ controllers = false } = {}): Promise<ApiServer> {
  const folder = await mkdtemp(join(tmpdir(), 'chaperone-api-'));
  const place = join(folder, 'server');
  const { stdout } = await run(script, ['up', ...(controllers ? ['--controllers'] : []), place]);
  const { kubeconfig } = JSON.parse(stdout) as { kubeconfig: string };
  const tools = (await run(join(root, 'scripts/tools'), ['--path', 'kubernetes'])).stdout.trim();
  const connection = connectByKubeConfig(() => loadKubeConfig(kubeconfig), systemClock);
  const transport = createTransport({ connection, clock: systemClock, random: Math.random });
  const kubectl = async (...args: string[]): Promise<string> =>
    (await run(join(tools, 'kubectl'), ['--kubeconfig', kubeconfig, ...args])).stdout;
  const server: ApiServer = {
    client: createClient(transport),
    transport,
    kubeconfig,
    kubectl,
    async close() {
      await transport.close();
      await run(script, ['down', place]);
      await rm(folder, { recursive: true });
    },
  };
  await kubectl('apply', '--server-side', '-f', join(root, 'crds/generated'));
  // kubectl fails where there are no conditions yet.
  await kubectl('wait', '--for=jsonpath={.status.conditions}', 'crd/agentpolicies.chaperone.dev');
  await kubectl('wait', '--for=condition=Established', 'crd/agentpolicies.chaperone.dev');
  return server;
}

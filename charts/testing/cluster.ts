import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
export const root = join(import.meta.dirname, '../..');
export const chart = join(root, 'charts/chaperone');
export const namespace = 'chaperone-system';

export type HelmGroup = 'helm' | 'helm3';

/** A real API server with controllers and no node, and the tools to fill it. */
export interface Cluster {
  /** A folder of its own, gone after `close`. */
  folder: string;
  kubeconfig: string;
  server: string;
  kubectl(...args: string[]): Promise<string>;
  helm(group: HelmGroup, ...args: string[]): Promise<string>;
  kubeconform(...args: string[]): Promise<string>;
  close(): Promise<void>;
}

/** Starts etcd, the API server and the controller manager on loopback. */
export async function startCluster(): Promise<Cluster> {
  const folder = await mkdtemp(join(tmpdir(), 'chaperone-chart-'));
  await execute(join(root, 'scripts/tools'), 'kubernetes', 'etcd', 'helm', 'helm3', 'kubeconform');
  const script = join(root, 'e2e/cluster/apiserver');
  const up = JSON.parse(await execute(script, 'up', '--controllers', join(folder, 'server')));
  const { kubeconfig, server } = up as { kubeconfig: string; server: string };
  const kubectl = await toolOf('kubernetes', 'kubectl');
  const helms = { helm: await toolOf('helm', 'helm'), helm3: await toolOf('helm3', 'helm') };
  const kubeconform = await toolOf('kubeconform', 'kubeconform');
  return {
    folder,
    kubeconfig,
    server,
    kubectl: (...args) => execute(kubectl, '--kubeconfig', kubeconfig, ...args),
    helm: (group, ...args) => execute(helms[group], '--kubeconfig', kubeconfig, ...args),
    kubeconform: (...args) => execute(kubeconform, ...args),
    async close() {
      await execute(script, 'down', join(folder, 'server'));
      await rm(folder, { recursive: true });
    },
  };
}

/** The arguments that name a file of `cases/`, with the AgentPolicy API. */
export function valuesOf(name: string): string[] {
  return ['--values', join(root, 'charts/cases', `${name}.yaml`), '--set', 'crds.install=true'];
}

async function toolOf(group: string, name: string): Promise<string> {
  return join((await execute(join(root, 'scripts/tools'), '--path', group)).trim(), name);
}

async function execute(file: string, ...args: string[]): Promise<string> {
  return (await run(file, args, { maxBuffer: 64 << 20 })).stdout;
}

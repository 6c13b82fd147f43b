import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);
const repository = join(import.meta.dirname, '../..');
const control = join(repository, 'e2e/cluster/apiserver');

/** A real API server of the tests, with our CRDs; spoken to as its administrator. */
export interface ApiServer {
  request(method: string, path: string, body?: unknown): Promise<ApiAnswer>;
  stop(): Promise<void>;
}

/** The HTTP status and the object: what was asked for, or a `metav1.Status`. */
export interface ApiAnswer {
  status: number;
  body: Record<string, unknown>;
}

/** Starts etcd, the API server and the controller manager on loopback, and applies the CRDs; takes some 8 seconds. */
export async function startApiServer(): Promise<ApiServer> {
  const folder = mkdtempSync(join(tmpdir(), 'chaperone-apiserver-'));
  const { stdout } = await run(control, ['up', '--controllers', folder]);
  const { kubeconfig } = JSON.parse(stdout) as { kubeconfig: string };
  const tools = (await run(join(repository, 'scripts/tools'), ['--path', 'kubernetes'])).stdout.trim();
  const kubectl = [join(tools, 'kubectl'), '--kubeconfig', kubeconfig] as const;
  // kubectl's proxy knows how to sign on, whatever the kubeconfig holds.
  const proxy = spawn(kubectl[0], [...kubectl.slice(1), 'proxy', '--port=0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const server = { request: requester(await addressOf(proxy)), stop: () => stop(proxy, folder) };
  await applyDefinitions(kubectl).catch((cause) => server.stop().then(() => Promise.reject(cause)));
  return server;
}

async function addressOf(proxy: ChildProcess & { stdout: NodeJS.ReadableStream }): Promise<string> {
  const [line] = await once(createInterface({ input: proxy.stdout }), 'line');
  const address = /Starting to serve on (\S+)/.exec(line)?.[1];
  if (address === undefined) throw new Error(`kubectl proxy says: ${line}`);
  return `http://${address}`;
}

async function applyDefinitions([kubectl, ...options]: readonly [string, ...string[]]): Promise<void> {
  await run(kubectl, [...options, 'apply', '--server-side', '-f', join(repository, 'crds/generated')]);
  // kubectl fails where there are no conditions yet.
  await run(kubectl, [...options, 'wait', '--for=jsonpath={.status.conditions}', 'crd/agentpolicies.chaperone.dev']);
  await run(kubectl, [...options, 'wait', '--for=condition=Established', 'crd/agentpolicies.chaperone.dev']);
}

async function stop(proxy: ChildProcess, folder: string): Promise<void> {
  const ended = once(proxy, 'exit');
  proxy.kill();
  await ended;
  await run(control, ['down', folder]);
}

function requester(origin: string): ApiServer['request'] {
  return async (method, path, body) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${origin}${path}`, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
}

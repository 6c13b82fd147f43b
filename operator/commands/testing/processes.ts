import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { eventually } from '../../runtime/testing/clocks.ts';
import { freePort } from '../../runtime/testing/free-port.ts';

const main = join(import.meta.dirname, '../../main.ts');

/** One operator process. */
export interface Replica {
  process: ChildProcess;
  /** Where it serves health and metrics. */
  httpPort: number;
}

/** Starts an operator and waits until it is ready. */
export async function startReplica(kubeconfig: string, name: string): Promise<Replica> {
  const httpPort = await freePort();
  const child = startCommand(kubeconfig, ['operator'], {
    CHAPERONE_POD_NAME: name,
    CHAPERONE_SENSOR_IMAGE: 'example.com/sensor:1',
    CHAPERONE_HTTP_PORT: String(httpPort),
    CHAPERONE_WEBHOOK_PORT: String(await freePort()),
    CHAPERONE_DRAIN_SECONDS: '0',
  });
  child.stdout?.resume();
  await eventually(async () => {
    const { status } = await fetch(`http://127.0.0.1:${httpPort}/readyz`);
    if (status !== 200) throw new Error(`the operator is not ready: ${status}`);
  });
  return { process: child, httpPort };
}

/** Starts `main.ts` with these arguments and nothing in its environment but what is given. */
export function startCommand(
  kubeconfig: string,
  args: string[],
  environment: Record<string, string> = {},
): ChildProcess {
  return spawn(process.execPath, [main, ...args], {
    env: { KUBECONFIG: kubeconfig, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs a command to its end: the exit status and all that it said. */
export async function runToEnd(
  kubeconfig: string,
  args: string[],
  environment?: Record<string, string>,
): Promise<{ code: number; output: string }> {
  const child = startCommand(kubeconfig, args, environment);
  const said = Promise.all([child.stdout, child.stderr].map((stream) => (stream === null ? '' : text(stream))));
  const [code] = await once(child, 'exit');
  return { code, output: (await said).join('') };
}

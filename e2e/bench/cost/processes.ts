import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** CPU milliseconds that processes have used, their threads' included and their children's not; proc_pid_stat(5), fields 14 and 15, in hundredths of a second. */
export function cpuMs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const stat = read(`/proc/${pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return sum + 10 * (Number(fields[11] ?? 0) + Number(fields[12] ?? 0));
  }, 0);
}

/** MiB that processes have resident now, or had at most, shared pages counted in each. */
export function residentMiB(pids: readonly number[], which: 'now' | 'most'): number {
  const field = which === 'now' ? /^VmRSS:\s+(\d+)/m : /^VmHWM:\s+(\d+)/m;
  return pids.reduce((sum, pid) => sum + Number(field.exec(read(`/proc/${pid}/status`))?.[1] ?? 0), 0) / 1024;
}

/** The processes below one, and itself. */
export function treeOf(pid: number): number[] {
  const children = listThreads(pid).flatMap((thread) =>
    read(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(treeOf)];
}

/** The command line's first two words. */
export function nameOf(pid: number): string {
  return read(`/proc/${pid}/cmdline`).split('\0').slice(0, 2).join(' ');
}

/** Waits until processes use no CPU any more: what they had to do is done. Gives up after `limitMs`. */
export async function awaitIdle(pids: readonly number[], limitMs: number): Promise<void> {
  const end = performance.now() + limitMs;
  let [before, still] = [cpuMs(pids), 0];
  while (pids.length > 0 && still < 4 && performance.now() < end) {
    await delay(100);
    const now = cpuMs(pids);
    still = now === before ? still + 1 : 0;
    before = now;
  }
}

/** Sends a signal to a process of ours and waits for its end. */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

/** Waits for a condition; throws after `seconds`. */
export async function awaitThat(what: string, seconds: number, condition: () => boolean): Promise<void> {
  for (const limit = performance.now() + seconds * 1_000; !condition(); await delay(20))
    if (performance.now() > limit) throw new Error(`${what} did not come to pass within ${seconds} s`);
}

function listThreads(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** A process may end while it is looked at. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

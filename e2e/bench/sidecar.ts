import { readdirSync, readFileSync } from 'node:fs';
import { createObject, kubectl, logs } from '../scenarios/kubectl.ts';
import { plainPod } from '../scenarios/plain-pod.ts';
import { until } from '../scenarios/until.ts';

export interface SidecarMemory {
  /** MiB that the sensor's processes have resident, shared pages of files counted once for each. */
  memory: number;
  /** The processes with their own share, such as `node 61.2`. */
  pieces: string[];
}

/** Resident memory of a sensor whose job has run 500 processes, read from the node's /proc. */
export async function measureSidecar(namespace: string): Promise<SidecarMemory> {
  const name = 'resident';
  await createObject(plainPod(namespace, name, 'for i in $(seq 500); do /bin/true; done; echo worked; exec sleep 300'));
  await until('the job to have worked', 60, async () => (await logs(namespace, name, 'runner')).includes('worked'));
  const processes = processesOf(name).map(({ pid, command }) => ({ command, memory: residentOf(pid) }));
  await kubectl('delete', 'pod', '-n', namespace, name, '--wait=true');
  return {
    memory: processes.reduce((sum, { memory }) => sum + memory, 0),
    pieces: processes.map(({ command, memory }) => `${command} ${memory.toFixed(1)}`),
  };
}

function processesOf(pod: string): { pid: string; command: string }[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => read(`/proc/${pid}/environ`).split('\0').includes(`CHAPERONE_POD_NAME=${pod}`))
    .map((pid) => ({ pid, command: read(`/proc/${pid}/cmdline`).split('\0')[0]?.split('/').at(-1) ?? '?' }));
}

function residentOf(pid: string): number {
  return Number(/^Rss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1024;
}

/** A process may end while it is looked at. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

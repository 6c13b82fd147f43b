import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { end } from '../processes.ts';
import { inCgroup, type Place, type Running } from './tool.ts';

/** As many pods of runners as a large node holds. */
export const forty = 40;

interface Watch {
  readonly probe: ChildProcess;
  readonly cgroup: string;
}

/** The probes of other pods: each has its kernel programs in place and watches a cgroup in which nothing happens. */
export async function startSensors(place: Place): Promise<Running> {
  const watches: Watch[] = [];
  for (let number = 0; number < forty; number += 1) watches.push(await startWatch(place, number));
  return {
    wrap: (command) => inCgroup(place, command),
    processes: () => watches.map(({ probe }) => probe.pid ?? 0),
    finish: async () => {
      for (const { probe, cgroup } of watches) {
        await end(probe, 'SIGTERM');
        rmdirSync(cgroup);
      }
      return { seen: {}, lost: null };
    },
  };
}

/** Its first word is that it is armed. */
async function startWatch({ probe: program, cgroup: beside }: Place, number: number): Promise<Watch> {
  const cgroup = join(beside, '..', `chaperone-bench-other-${process.pid}-${number}`);
  mkdirSync(cgroup);
  const args = ['attach', '--cgroup', cgroup, '--fd', '3'];
  const probe = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit', 'pipe'], detached: true });
  const link = probe.stdio[3] as Duplex;
  await once(link, 'data');
  link.on('error', () => {}).resume();
  return { probe, cgroup };
}

import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { countLines } from '../lines.ts';
import { awaitThat, end } from '../processes.ts';
import { inCgroup, type Place, type Running } from './tool.ts';

/** bpftrace on two tracepoints, a line an event; it needs tracefs, which it gets in a mount namespace of its own. */
export async function startBpftrace(place: Place): Promise<Running> {
  const file = join(place.folder, 'bpftrace.log');
  const out = openSync(file, 'w');
  const mount =
    'mount -t tracefs none /sys/kernel/tracing; mount -t debugfs none /sys/kernel/debug; ulimit -l unlimited';
  const args = ['-m', 'sh', '-c', `${mount}; exec bpftrace -e "$0"`, programFor(statSync(place.cgroup).ino)];
  const child = spawn('unshare', args, { stdio: ['ignore', out, out] });
  closeSync(out);
  await awaitThat('bpftrace to run', 30, () => readFileSync(file, 'utf8').includes('tick'));
  return {
    wrap: (command) => inCgroup(place, command),
    processes: () => [child.pid ?? 0],
    finish: async () => {
      await end(child, 'SIGINT');
      // The stopwatch's own is not the workload's, and may come before everything is attached.
      const executions = await countLines(file, /^exec \d+ (?!stopwatch )/);
      const connections = await countLines(file, /^connect /);
      return { seen: { executions, connections }, lost: lostIn(readFileSync(file, 'utf8')) };
    },
  };
}

function programFor(cgroup: number): string {
  return `
    tracepoint:sched:sched_process_exec /cgroup == ${cgroup}/ { printf("exec %d %s %s\\n", pid, comm, str(args->filename)); }
    tracepoint:syscalls:sys_enter_connect /cgroup == ${cgroup}/ { printf("connect %d %s %d\\n", pid, comm, args->fd); }
    interval:ms:500 { printf("tick\\n"); }`;
}

function lostIn(text: string): number {
  return [...text.matchAll(/^Lost (\d+) events/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
}

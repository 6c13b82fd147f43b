import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Machine } from './machine.ts';
import { probe, stopwatch, workspace } from './prepare.ts';
import { awaitIdle, cpuMs, residentMiB } from './processes.ts';
import type { Timed } from './statistics.ts';
import type { Account, Command, Place } from './tools/tool.ts';
import type { Tool } from './tools.ts';
import type { Counts, Figures } from './workloads.ts';

/** One run of a workload under one tool. */
export interface Sample extends Timed, Account, Figures {
  /** CPU of the tool's own processes from the workload's start until they had nothing left to do. */
  readonly toolCpuMs: number;
  /** The most that they had resident, each at its own time. */
  readonly toolPeakMiB: number;
  /** What they had resident when they had nothing left to do. */
  readonly toolRestMiB: number;
  readonly truth: Counts;
}

export interface Task {
  readonly round: number;
  readonly tool: Tool;
  readonly command: Command;
  readonly status: number;
  readonly truth: Counts;
  readonly figures: () => Figures;
}

/** What a file of out/bench holds: the samples of one workload as they were taken. */
export interface Measured {
  readonly machine: Machine;
  readonly workload: string;
  readonly size: number;
  readonly samples: readonly Sample[];
  /** Tools that could not be measured, with the reason. */
  readonly absent: Readonly<Record<string, string>>;
}

/** A tool that is not idle by then is measured as it is. */
const idleMs = 15_000;

export async function measure(task: Task): Promise<Sample> {
  const place = makePlace(task.tool.name);
  try {
    const running = await task.tool.start(place);
    const [program, ...args] = running.wrap([stopwatch, ...task.command]);
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const times = await takeTime(child, task, (pid) => running.processes(pid));
    const account = await running.finish();
    return { round: task.round, tool: task.tool.name, truth: task.truth, ...times, ...task.figures(), ...account };
  } finally {
    rmdirSync(place.cgroup);
    rmSync(place.folder, { recursive: true });
  }
}

type Times = Pick<Sample, 'wallNs' | 'toolCpuMs' | 'toolPeakMiB' | 'toolRestMiB'>;

/** Speaks with the stopwatch: lets it start once the tool is idle, and end once it is so again. */
async function takeTime(
  child: ChildProcess,
  task: Task,
  processesOf: (pid: number) => readonly number[],
): Promise<Times> {
  const { stdin, stdout, pid = 0 } = child;
  if (stdin === null || stdout === null) throw new Error('the stopwatch has no ends');
  const gone = once(child, 'exit');
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  await expectLine(lines, /^ready$/);
  const processes = processesOf(pid);
  await awaitIdle(processes, idleMs);
  const before = cpuMs(processes);
  stdin.write('\n');
  const [, wallNs, status] = await expectLine(lines, /^done (\d+) (\d+)$/);
  if (Number(status) !== task.status) throw new Error(`${task.command.join(' ')} ended with status ${status}`);
  await awaitIdle(processes, idleMs);
  const times = {
    wallNs: Number(wallNs),
    toolCpuMs: cpuMs(processes) - before,
    toolPeakMiB: residentMiB(processes, 'most'),
    toolRestMiB: residentMiB(processes, 'now'),
  };
  stdin.end('\n');
  await gone;
  return times;
}

async function expectLine(lines: AsyncIterator<string>, pattern: RegExp): Promise<RegExpExecArray> {
  const { value } = await lines.next();
  const match = pattern.exec(String(value));
  if (match === null) throw new Error(`the stopwatch said '${value}' where ${pattern} was expected`);
  return match;
}

function makePlace(tool: string): Place {
  const folder = join(workspace, `at-work-${process.pid}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const cgroup = join(ownCgroup(), `chaperone-bench-${process.pid}-${tool}`);
  mkdirSync(cgroup);
  return { folder, cgroup, workspace, probe };
}

/** Our own cgroup's folder, where cgroup2 is mounted (proc_pid_mountinfo(5)). */
function ownCgroup(): string {
  const mount = /^\S+ \S+ \S+ \/ (\S+) .* - cgroup2 /m.exec(readFileSync('/proc/self/mountinfo', 'utf8'))?.[1];
  const own = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
  if (mount === undefined || own === undefined) throw new Error('no cgroup2 is mounted here: nothing can be measured');
  return join(mount, own);
}

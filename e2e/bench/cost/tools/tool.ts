import type { Counts } from '../workloads.ts';

export type Command = readonly [string, ...string[]];

/** What a tool tells afterwards. */
export interface Account {
  readonly seen: Counts;
  readonly lost: number | null;
  /** Spans that it made, where it makes any. */
  readonly spans?: number;
}

/** Where a tool works. */
export interface Place {
  /** Of its own, empty. */
  readonly folder: string;
  /** A cgroup of the workload's. */
  readonly cgroup: string;
  /** What the workload may write to. */
  readonly workspace: string;
  readonly probe: string;
}

/** A tool that is ready before the workload is started. */
export interface Running {
  /** The command line under which the workload runs. */
  wrap(command: Command): Command;
  /** The tool's own processes, once the workload's stopwatch is ready; `child` is what `wrap` was started as. */
  processes(child: number): readonly number[];
  /** After the stopwatch has ended. */
  finish(): Promise<Account>;
}

export type Start = (place: Place) => Promise<Running>;

/** A process enters a cgroup and becomes the command. */
export function inCgroup({ probe, cgroup }: Place, command: Command): Command {
  return [probe, 'exec', '--cgroup', cgroup, '--', ...command];
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { FileEvent } from '../../decode/file-events.ts';
import type { HelloEvent, ProbeEvent, StatsEvent } from '../../decode/probe-events.ts';
import type { ExecEvent, ExitEvent, ForkEvent } from '../../decode/process-events.ts';
import type { AcceptEvent, CloseEvent, ConnectEvent, SocketEvent, UnixEvent } from '../../decode/socket-events.ts';
import { commandInCgroup, type LocalProbe, spawnProbe } from '../../probe-link/spawn-probe.ts';
import { makeCgroup, probe } from './machine.ts';

/** What a probe told of commands. */
export interface Observation {
  readonly hello: HelloEvent;
  readonly stats: StatsEvent;
  readonly events: readonly ProbeEvent[];
  readonly forks: readonly ForkEvent[];
  readonly execs: readonly ExecEvent[];
  readonly exits: readonly ExitEvent[];
  readonly connects: readonly ConnectEvent[];
  readonly closes: readonly CloseEvent[];
  readonly accepts: readonly AcceptEvent[];
  readonly sockets: readonly SocketEvent[];
  readonly unixes: readonly UnixEvent[];
  readonly files: readonly FileEvent[];
}

/** Runs a command in the observed cgroup and resolves with how it ended. */
export type Run = (
  command: readonly string[],
  options?: RunOptions,
) => Promise<{ code: number | null; signal: string | null }>;

export interface RunOptions {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
}

/** Observes what `act` runs in a cgroup of the test's own, up to a flush at the end. */
export async function observe(
  act: (run: Run, local: LocalProbe, cgroup: string, events: readonly ProbeEvent[]) => Promise<unknown>,
  args: readonly string[] = [],
): Promise<Observation> {
  await using cgroup = makeCgroup('');
  const events: ProbeEvent[] = [];
  const local = spawnProbe({ probe, cgroup: cgroup.path, args }, { onEvent: (event) => events.push(event) });
  await local.hello;
  await act(runner(cgroup.path), local, cgroup.path, events);
  await local.flush();
  local.close();
  await local.exited;
  return observationOf(events);
}

/** The events of a probe from its first word to its last account. */
export function observationOf(events: readonly ProbeEvent[]): Observation {
  const [hello] = of(events, 'hello');
  const stats = of(events, 'stats').at(-1);
  if (hello === undefined || stats === undefined) throw new Error('The probe gave no hello or no account');
  return {
    hello,
    stats,
    events,
    forks: of(events, 'fork'),
    execs: of(events, 'exec'),
    exits: of(events, 'exit'),
    connects: of(events, 'connect'),
    closes: of(events, 'close'),
    accepts: of(events, 'accept'),
    sockets: of(events, 'socket'),
    unixes: of(events, 'unix'),
    files: of(events, 'file'),
  };
}

/** A runner of commands in a cgroup. */
export function runner(cgroup: string): Run {
  return async (command, { env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }, cwd = '/' } = {}) => {
    const [program, ...args] = commandInCgroup({ probe, cgroup }, command);
    const child = spawn(program, args, { stdio: 'ignore', env, cwd });
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    return { code, signal };
  };
}

/** The events of one kind. */
export function of<Kind extends ProbeEvent['kind']>(
  events: readonly ProbeEvent[],
  kind: Kind,
): Extract<ProbeEvent, { kind: Kind }>[] {
  return events.filter((event): event is Extract<ProbeEvent, { kind: Kind }> => event.kind === kind);
}

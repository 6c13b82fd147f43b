import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { ChaperoneError } from '../../crds/errors.ts';
import type { HelloEvent, ProbeEvent } from '../decode/probe-events.ts';
import { connectProbe, type ProbeHandlers, type ProbeLink } from './probe-link.ts';

/** Local mode: whom to start and what to observe. */
export interface LocalProbeOptions {
  /** The probe's binary. */
  readonly probe: string;
  /** Folder of a cgroup in a cgroup2 mount; it and everything below is observed. */
  readonly cgroup: string;
  /** Further arguments of `probe attach`. */
  readonly args?: readonly string[];
}

/** A probe of our own, which ends with the link. */
export interface LocalProbe extends ProbeLink {
  /** Resolves with its first word, from which on every event is seen. Rejects with `probe-start` if it ends before. */
  readonly hello: Promise<HelloEvent>;
  /** Resolves with its exit status once it has ended: 0, 3 if it could not arm, null if a signal ended it. Never rejects. */
  readonly exited: Promise<number | null>;
  readonly pid: number | undefined;
}

/** The slot of the socket among the probe's open files; Node makes a UNIX socket pair of a 'pipe'. */
const linkFd = 3;

/**
 * Starts `probe attach`, in a session of its own so that a Ctrl-C on the terminal does not end the observation before what is observed.
 * What it has to say besides frames goes to our stderr.
 */
export function spawnProbe(options: LocalProbeOptions, handlers: ProbeHandlers): LocalProbe {
  const args = ['attach', '--cgroup', options.cgroup, '--fd', `${linkFd}`, ...(options.args ?? [])];
  const child = spawn(options.probe, args, { stdio: ['ignore', 'ignore', 'inherit', 'pipe'], detached: true });
  const { promise: hello, resolve, reject } = Promise.withResolvers<HelloEvent>();
  hello.catch(() => {}); // an owner that does not ask is not to be ended by it
  const onEvent = (event: ProbeEvent) => {
    if (event.kind === 'hello') resolve(event);
    handlers.onEvent(event);
  };
  const exited = waitForExit(child, reject, options.probe);
  const link = connectProbe(child.stdio[linkFd] as Duplex, { ...handlers, onEvent });
  return {
    hello,
    exited,
    pid: child.pid,
    flush: () => link.flush(),
    markAgent: (process) => link.markAgent(process),
    close: () => link.close(),
  };
}

function waitForExit(child: ChildProcess, reject: (error: Error) => void, probe: string): Promise<number | null> {
  return new Promise((resolve) => {
    child.once('error', (cause) => {
      reject(
        new ChaperoneError('probe-start', `The probe ${probe} cannot be started; build it with npm run build`, {
          cause,
        }),
      );
      resolve(null);
    });
    // 'close' comes after everything that it wrote was read.
    child.once('close', (code) => {
      reject(new ChaperoneError('probe-start', `The probe ended with status ${code} before its first word`));
      resolve(code);
    });
  });
}

/** The command line that runs a command in a cgroup: it enters the cgroup, then becomes the command, whose exit status is its own. */
export function commandInCgroup(options: LocalProbeOptions, command: readonly string[]): [string, ...string[]] {
  return [options.probe, 'exec', '--cgroup', options.cgroup, '--', ...command];
}

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { getSystemErrorMessage } from 'node:util';
import { visible } from '../report/text.ts';
import { environmentWith } from './config.ts';

export type CommandLine = readonly [string, ...string[]];

/** How COMMAND ended: `status` as a shell tells it, 128 + n for signal n. */
export interface CommandEnd {
  readonly status: number;
  readonly signal: NodeJS.Signals | null;
}

/** Signals that are meant for COMMAND: whoever sends them to us wants it to end. */
const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

/** Runs a command line with our own standard streams and passes signals on to it. Never throws: what cannot be executed ends with 126 or 127, as in a shell. */
export function runCommand(
  [program, ...args]: CommandLine,
  onStart: (pid: number) => void = () => {},
  variables: Readonly<Record<string, string>> = {},
): Promise<CommandEnd> {
  return new Promise((resolve) => {
    // Before the command exists: a signal that it sends us in its first moment must not end us.
    const signals = passSignals();
    const child = spawn(program, args, { stdio: 'inherit', env: environmentWith(variables) });
    signals.to(child);
    child.once('spawn', () => onStart(child.pid ?? 0));
    child.once('error', (error: NodeJS.ErrnoException) => {
      signals.stop();
      process.stderr.write(`chaperone: ${visible(program)}${whyNot(program, error)}\n`);
      resolve({ status: error.code === 'ENOENT' ? 127 : 126, signal: null });
    });
    child.once('exit', (code, signal) => {
      signals.stop();
      resolve({ status: code ?? 128 + (signal === null ? 0 : constants.signals[signal]), signal });
    });
  });
}

/** In the words that `probe exec` has for it. */
function whyNot(program: string, { code, errno, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT' && !program.includes('/')) return ': command not found';
  return ` cannot be executed: ${errno === undefined ? message : getSystemErrorMessage(errno)}`;
}

/** Catches the signals from now on; Node gives them out only after the current turn, so `to` is always called in time. */
function passSignals(): { to(child: ChildProcess): void; stop(): void } {
  let child: ChildProcess | null = null;
  const listeners = passedOn.map((signal) => {
    const listener = () => {
      if (!cameFromTerminal(signal)) child?.kill(signal);
    };
    process.on(signal, listener);
    return { signal, listener };
  });
  return {
    to: (one) => {
      child = one;
    },
    stop: () => {
      for (const { signal, listener } of listeners) process.off(signal, listener);
    },
  };
}

/** Ctrl-C reaches everything in the terminal's foreground by itself; a second one from us would make act stop at once instead of in order. */
function cameFromTerminal(signal: NodeJS.Signals): boolean {
  if (signal !== 'SIGINT' && signal !== 'SIGQUIT') return false;
  return isForeground(readFileSync('/proc/self/stat', 'utf8'));
}

/** Whether the process group of a `/proc/PID/stat` (proc_pid_stat(5): fields 5 and 8) is its terminal's foreground. */
export function isForeground(stat: string): boolean {
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return group !== undefined && group === foreground;
}

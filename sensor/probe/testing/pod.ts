import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeFrame } from '../../decode/decode-frame.ts';
import { FrameSplitter } from '../../decode/frame-splitter.ts';
import type { HelloEvent, ProbeEvent } from '../../decode/probe-events.ts';
import type { ExecEvent } from '../../decode/process-events.ts';
import { actor, scratchFolder } from './actor.ts';
import { makeCgroup, probe } from './machine.ts';
import { type Run, runner } from './observe.ts';

/** Of the pod, as the downward API gives it. */
export const uid: string = '5d3c1a52-0f7e-4f3a-9a55-2b1f0c9d8e7f';

/** A pod as a node has it: its cgroup, the sensor's container with the probe in it, and another container for the job. */
export interface Pod extends AsyncDisposable {
  readonly run: Run;
  readonly sidecar: ChildProcess;
  /** What the stand-in for Node was sent, decoded; `child` names its file. */
  readonly received: () => ProbeEvent[];
  readonly stderr: () => string;
  readonly folder: string;
}

export interface PodOptions {
  /** The command line that stands in for Node; `file` is where it leaves what it was sent. */
  readonly child: (file: string) => readonly string[];
  readonly env?: Record<string, string>;
  readonly container?: string;
  /** Runs the probe. */
  readonly wrapper?: readonly string[];
}

/** Starts the probe in a pod's sensor container. */
export function startPod({ child, env = {}, container = 'sensor', wrapper = [] }: PodOptions): Pod {
  const pod = makeCgroup(`kubepods/pod${uid}/${container}`);
  const podPath = pod.path.slice(0, pod.path.indexOf(uid) + uid.length);
  const job = join(podPath, 'job');
  mkdirSync(job);
  const folder = mkdtempSync(join(scratchFolder, 'pod-'));
  chmodSync(folder, 0o777);
  const file = join(folder, 'received');
  const log = join(folder, 'termination-log');
  writeFileSync(log, '');
  const args = [
    'exec',
    '--cgroup',
    pod.path,
    '--',
    ...wrapper,
    probe,
    'sidecar',
    '--run-dir',
    folder,
    '--termination-log',
    log,
    '--child',
    ...child(file),
  ];
  const sidecar = spawn(probe, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: '/usr/bin:/bin', ...env } });
  let stderr = '';
  sidecar.stderr?.on('data', (text: Buffer) => {
    stderr += text.toString();
  });
  return {
    run: runner(job),
    sidecar,
    folder,
    received: () => decodeFile(file),
    stderr: () => stderr,
    [Symbol.asyncDispose]: () => pod[Symbol.asyncDispose](),
  };
}

/** The frames that a stand-in was sent. */
export function decodeFile(file: string): ProbeEvent[] {
  if (!existsSync(file)) return [];
  return new FrameSplitter()
    .push(readFileSync(file))
    .map(decodeFrame)
    .filter((decoded) => typeof decoded !== 'string');
}

/** The stand-in that reads everything and ends on SIGTERM. */
export const peer = (file: string): string[] => [actor, 'peer', file];

/** The execs among events. */
export function execs(events: readonly ProbeEvent[]): ExecEvent[] {
  return events.filter((event) => event.kind === 'exec');
}

/** The hellos among events: one for each Node. */
export function hellos(events: readonly ProbeEvent[]): HelloEvent[] {
  return events.filter((event) => event.kind === 'hello');
}

/** The Node processes that the probe has now. */
export function childrenOf(pid: number | undefined): string[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter((child) => child !== '');
}

/** Ends a sidecar as the kubelet does; resolves with its exit status. */
export async function end(sidecar: ChildProcess): Promise<number | null> {
  sidecar.kill('SIGTERM');
  if (sidecar.exitCode === null) await once(sidecar, 'exit');
  return sidecar.exitCode;
}

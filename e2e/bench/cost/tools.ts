import type { Contender } from './statistics.ts';
import { startAudit } from './tools/audit.ts';
import { startBpftrace } from './tools/bpftrace.ts';
import { startNothing } from './tools/nothing.ts';
import { startSensor } from './tools/sensor.ts';
import { forty, startSensors } from './tools/sensors.ts';
import { startSidecar } from './tools/sidecar.ts';
import { startStrace } from './tools/strace.ts';
import type { Start } from './tools/tool.ts';

export interface Tool extends Contender {
  readonly title: string;
  readonly start: Start;
  /** The Debian program without which it does not run. */
  readonly needs?: string;
  /** The only workloads it is measured with; all without it. */
  readonly only?: readonly string[];
  /** Workloads that say nothing about it. */
  readonly except?: readonly string[];
}

/** What the others are compared with. */
export const baseline = 'none';

/** Those that are many times slower take part in every third round, so that the pairs that decide get more of the time. */
const seldom = { every: 3, except: ['steady', 'agent-session'] };

export const tools: readonly Tool[] = [
  { name: baseline, title: 'no sensor', every: 1, start: startNothing },
  { name: 'sensor', title: 'sensor', every: 1, start: startSensor([]) },
  { name: 'sensor-files', title: 'sensor with --files', ...seldom, start: startSensor(['--files']) },
  { name: 'sidecar', title: 'sensor as in a pod', every: 1, start: startSidecar, only: ['steady'] },
  {
    name: 'sensors',
    title: `${forty} sensors of other pods`,
    every: 3,
    start: startSensors,
    only: ['exec-storm', 'calls'],
  },
  { name: 'strace', title: 'strace', ...seldom, start: startStrace, needs: 'strace' },
  { name: 'auditd', title: 'auditd', ...seldom, start: startAudit, needs: 'auditd' },
  { name: 'bpftrace', title: 'bpftrace', ...seldom, start: startBpftrace, needs: 'bpftrace' },
];

export function takesPart({ only, except }: Tool, workload: string): boolean {
  return (only?.includes(workload) ?? true) && !except?.includes(workload);
}

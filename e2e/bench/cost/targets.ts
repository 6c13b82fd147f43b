import type { Row } from './table.ts';

/** What was aimed for, and what to say where it was not reached. */
export interface Target {
  readonly workload: string;
  readonly tool: string;
  readonly what: string;
  readonly limit: number;
  readonly unit: '' | ' %' | ' MiB';
  /** `null` where it was not measured. */
  figure(row: Row): number | null;
  readonly ifMissed: string;
}

const wall = (row: Row) => row.ratio?.median ?? null;

const storm =
  'A storm of nothing but events is where each event’s own work shows, in the kernel and, on two processors, in the reader that shares them. Fewer events a process (birth, execution and end are three) would reach it.';
const noise =
  'Few pairs on a machine that others use as well: the spread in the table is wider than the limit. More rounds on an idle machine tell more.';
const watching =
  'This kernel has no trampolines, so files are watched at every system call of the machine. A kernel with trampolines or the BPF LSM has that for nothing (docs/coverage.md).';

export const targets: readonly Target[] = [
  { workload: 'build', tool: 'sensor', what: 'C build', limit: 1.01, unit: '', figure: wall, ifMissed: noise },
  { workload: 'npm-ci', tool: 'sensor', what: '`npm ci`', limit: 1.01, unit: '', figure: wall, ifMissed: noise },
  { workload: 'exec-storm', tool: 'sensor', what: 'exec storm', limit: 1.03, unit: '', figure: wall, ifMissed: storm },
  {
    workload: 'connect-storm',
    tool: 'sensor',
    what: 'connect storm',
    limit: 1.05,
    unit: '',
    figure: wall,
    ifMissed: storm,
  },
  {
    workload: 'calls',
    tool: 'sensor',
    what: 'system calls that are not watched',
    limit: 1.01,
    unit: '',
    figure: wall,
    ifMissed: noise,
  },
  {
    workload: 'exec-storm',
    tool: 'sensors',
    what: '40 sensors on the node, creation of processes',
    limit: 1.05,
    unit: '',
    figure: wall,
    ifMissed:
      'Each sensor’s programs run at each birth, execution and end on the node, if only to see that it is not their pod. One sensor a node with a map of pods would reach it.',
  },
  {
    workload: 'calls',
    tool: 'sensors',
    what: '40 sensors on the node, system calls that are not watched',
    limit: 1.01,
    unit: '',
    figure: wall,
    ifMissed:
      'A program at every system call is there for each sensor where the kernel has no trampolines. One sensor a node, or a kernel with trampolines, would reach it.',
  },
  {
    workload: 'grep',
    tool: 'sensor-files',
    what: 'with `--files`: reading all of node_modules',
    limit: 1.1,
    unit: '',
    figure: wall,
    ifMissed: watching,
  },
  {
    workload: 'steady',
    tool: 'sensor',
    what: 'CPU of both processes at 4,000 events a second',
    limit: 2,
    unit: ' %',
    figure: ({ cpuMs, wall: { median } }) => cpuMs / median / 10,
    ifMissed:
      'Measured with `chaperone run`, which keeps every span for the report. Folding before spans are made would lower it.',
  },
  {
    workload: 'steady',
    tool: 'sensor',
    what: 'memory of both processes',
    limit: 70,
    unit: ' MiB',
    figure: ({ peakMiB }) => peakMiB,
    ifMissed:
      'Measured with `chaperone run`, which loads its sources unbundled, with the report, and keeps every span; in a pod the sensor is one bundle with a bounded heap, which `e2e/bench/measure.ts` measures in a cluster.',
  },
];

import type { Row } from './table.ts';

/** What was aimed for, and what to say where it was not reached. */
export interface Target {
  readonly workload: string;
  readonly tool: string;
  readonly what: string;
  readonly limit: number;
  readonly unit: '' | ' %' | ' MiB' | ' ms' | ' spans';
  /** `null` where it was not measured. */
  figure(row: Row): number | null;
  readonly ifMissed: string;
}

const wall = (row: Row) => row.ratio?.median ?? null;

const storm =
  'Of the CPU time of a process that does nothing the kernel programs take 2 % (sampled), for its birth, execution and end; the rest is the reader, which shares the two processors with it.';
const connections =
  'A connection on loopback is over within some 50 µs, of which the kernel programs take 5.2 µs (kernel.bpf_stats_enabled, which counts its own clock with them): 2.2 µs when it is asked for, 1.8 µs at its changes of state, 1.2 µs at its packets and its socket. Programs that do nothing take 1.3 µs at the same hooks. The rest is the reader, which shares the two processors with both ends.';
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
    ifMissed: connections,
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
      'Each sensor’s programs run at each birth, execution and end on the node, if only to see that it is not their pod: 1.5 µs a process (kernel.bpf_stats_enabled), where programs that do nothing take 0.5 µs. One sensor a node with a map of pods would take it once.',
  },
  {
    workload: 'calls',
    tool: 'sensors',
    what: '40 sensors on the node, system calls that are not watched',
    limit: 1.01,
    unit: '',
    figure: wall,
    ifMissed: noise,
  },
  {
    workload: 'grep',
    tool: 'sensor-files',
    what: 'open storm with `--files`: `grep -r` over node_modules',
    limit: 1.1,
    unit: '',
    figure: wall,
    ifMissed: watching,
  },
  {
    workload: 'agent-session',
    tool: 'sensor',
    what: 'a session of Claude Code with 200 tool calls',
    limit: 1.01,
    unit: '',
    figure: wall,
    ifMissed: noise,
  },
  {
    workload: 'agent-session',
    tool: 'sensor',
    what: 'a tool call of it, how much slower at the median',
    limit: 2,
    unit: ' ms',
    figure: ({ callSlowerMs }) => callSlowerMs,
    ifMissed: noise,
  },
  {
    workload: 'agent-session',
    tool: 'sensor',
    what: 'spans of that session',
    limit: 2_000,
    unit: ' spans',
    figure: ({ spans }) => spans,
    ifMissed: 'The budget of a job is not kept (docs/spans.md).',
  },
  {
    workload: 'steady',
    tool: 'sidecar',
    what: 'CPU of both processes in a pod, at 4,000 events a second',
    limit: 2,
    unit: ' %',
    figure: ({ cpuMs, wall: { median } }) => cpuMs / median / 10,
    ifMissed:
      'Nearly all of it is Node’s: decoding events, their lineage and spans, and a quarter of it garbage collection, beside the time in which a Node that has just begun compiles itself. Events fewer than three a process would lower it.',
  },
  {
    workload: 'steady',
    tool: 'sidecar',
    what: 'memory of both processes in a pod, resident after 5 s of it',
    limit: 70,
    unit: ' MiB',
    figure: ({ restMiB }) => restMiB,
    ifMissed:
      'A Node that does nothing has 40 MiB resident, and 56 once it has loaded its own parts for TLS, HTTP and the disk. Of what is measured 46 MiB are pages of Node’s program, which all sensors of a node share, and 4 are the kernel’s ring: about 32 MiB beside them are a pod’s own. They hold the processes that ended and had forked, for children that they left behind.',
  },
];

import { join } from 'node:path';
import { readFigures } from './agent-session.ts';

/** What happens in a workload, by its own count; left out is what nobody knows. */
export type Counts = Readonly<Partial<Record<CountName, number>>>;
export type CountName = (typeof countNames)[number];
export const countNames = ['executions', 'connections', 'questions', 'tool calls'] as const;

/** What was prepared for the workloads, as paths and as the words that their commands take. */
export interface Prepared {
  readonly workload: string;
  /** The port of a listener on loopback that no tool watches. */
  readonly port: string;
  /** The process in whose network namespace a resolver answers. */
  readonly resolver: string;
  readonly cProject: string;
  /** `null` where no packages could be had. */
  readonly npmProject: string | null;
  readonly npmCache: string;
  readonly packages: string;
  /** A file into which an agent’s session writes what it measured. */
  readonly sessionFigures: string;
}

export interface Workload {
  readonly name: string;
  readonly title: string;
  /** How much of it: processes, connections, files. */
  readonly size: number;
  /** The size for a look at whether it runs. */
  readonly tiny: number;
  /** The exit status of success. */
  readonly status: number;
  /** `null` where it cannot be run. */
  command(prepared: Prepared, size: number): readonly [string, ...string[]] | null;
  /** What the command does, itself included. */
  truth(size: number): Counts;
  /** What it measured itself in the run that ended last; default: nothing. */
  figures?(prepared: Prepared): Figures;
}

/** What only some workloads measure. */
export interface Figures {
  /** Milliseconds that a tool call of an agent took, the median of the run. */
  readonly callMs?: number;
}

const nothing = { executions: 1, connections: 0, questions: 0 };

/** How many files the C project has. */
export const filesOfBuild = 40;

/** gcc executes cc1 and as for each file; to link it executes collect2, which executes ld; make executes gcc by itself. */
const compiled = (files: number) => 1 + 3 * files + 3;

export const workloads: readonly Workload[] = [
  {
    name: 'exec-storm',
    title: '10,000 short processes',
    size: 10_000,
    tiny: 500,
    status: 0,
    command: ({ workload }, size) => [workload, 'processes', `${size}`],
    truth: (size) => ({ ...nothing, executions: 1 + size }),
  },
  {
    name: 'build',
    title: 'C build, `make -j2`, 40 files',
    size: filesOfBuild,
    tiny: filesOfBuild,
    status: 0,
    command: ({ cProject }) => ['make', '-B', '-s', '-j2', '-C', cProject],
    truth: (size) => ({ ...nothing, executions: compiled(size) }),
  },
  {
    name: 'npm-ci',
    title: '`npm ci --omit=dev` of this repository, offline',
    size: 1,
    tiny: 1,
    status: 0,
    command: ({ npmProject, npmCache }) =>
      npmProject === null
        ? null
        : [
            'npm',
            'ci',
            '--offline',
            '--omit=dev',
            '--ignore-scripts',
            '--no-audit',
            '--no-fund',
            '--cache',
            npmCache,
            '--prefix',
            npmProject,
          ],
    // npm is a script: env is executed in its place, and becomes Node.
    truth: () => ({ ...nothing, executions: 2 }),
  },
  {
    name: 'grep',
    title: '`grep -r` over node_modules',
    size: 1,
    tiny: 1,
    // Nothing is found, so that every file is read to its end.
    status: 1,
    command: ({ packages }) => ['grep', '-rF', ['not', 'in', 'any', 'package', 'of', 'ours'].join('-_-'), packages],
    truth: () => nothing,
  },
  {
    name: 'connect-storm',
    title: '10,000 connections on loopback',
    size: 10_000,
    tiny: 500,
    status: 0,
    command: ({ workload, port }, size) => [workload, 'connects', `${size}`, port],
    truth: (size) => ({ ...nothing, connections: size }),
  },
  {
    name: 'dns-storm',
    title: '10,000 DNS questions, answered',
    size: 10_000,
    tiny: 500,
    status: 0,
    command: ({ workload, resolver }, size) => [workload, 'questions', `${size}`, resolver],
    truth: (size) => ({ ...nothing, questions: size }),
  },
  {
    name: 'calls',
    title: '500,000 × getppid(2)',
    size: 500_000,
    tiny: 50_000,
    status: 0,
    command: ({ workload }, size) => [workload, 'calls', `${size}`],
    truth: () => nothing,
  },
  {
    name: 'steady',
    title: '1,000 processes and 1,000 connections a second, for 5 s',
    size: 5,
    tiny: 1,
    status: 0,
    command: ({ workload }, size) => [workload, 'steady', `${size}`],
    truth: (size) => ({ ...nothing, executions: 1 + 1_000 * size, connections: 1_000 * size }),
  },
  {
    name: 'agent-session',
    title: 'Claude Code, 200 tool calls of two programs each',
    size: 200,
    tiny: 10,
    status: 0,
    command: ({ sessionFigures }, size) => [
      process.execPath,
      join(import.meta.dirname, 'agent-session.ts'),
      `${size}`,
      sessionFigures,
    ],
    // How often the agent asks git, and its server answers, is its own affair.
    truth: (size) => ({ 'tool calls': size }),
    figures: ({ sessionFigures }) => ({ callMs: readFigures(sessionFigures).callMs }),
  },
];

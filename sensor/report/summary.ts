import { stepId, stepOrdinal } from '../../crds/attributes.ts';
import type { Finding } from '../../crds/finding.ts';
import type { ExportAccount } from '../export/account.ts';
import type { Attributes, FinishedSpan } from '../spans/finished-span.ts';
import { otherName } from '../spans/fold.ts';
import type { NotExecuted } from '../spans/task-span.ts';
import { type AgentSummary, summarizeAgents } from './agents/agent-summary.ts';
import { type Coverage, coverageOf } from './coverage.ts';
import { type FileChanges, fileChangesOf, watchesFiles } from './file-changes.ts';
import { findingsOf } from './findings.ts';
import type { StepStory, Story } from './story.ts';
import { type Tally, tallyStep, tallyStory } from './tally.ts';
import { timing } from './timing.ts';

/** What `summary.json` holds: the run in figures, for programs. Times are RFC 3339, durations milliseconds. What is not known or is not there is left out. */
export interface Summary {
  /** Of this shape: it grows when a field changes its meaning or goes. */
  readonly version: 1;
  readonly traceId: string;
  /** The workflow's name. */
  readonly pipeline?: string;
  /** `success`, `failure`, `error`, `cancellation`, `skip` or `unknown`; of several jobs the worst. */
  readonly result: string;
  /** Why nothing ran, where the command was never executed. */
  readonly reason?: string;
  readonly jobs: readonly JobSummary[];
  readonly totals: Totals;
  readonly processes: { readonly total: number; readonly byExecutable: Readonly<Record<string, number>> };
  /** Where files were watched. */
  readonly fileChanges?: FileChanges;
  /** Runs of coding agents, the earliest first. */
  readonly agents: readonly AgentSummary[];
  /** What looks like an attack, the worst first: see docs/findings.md. */
  readonly findings: readonly Finding[];
  readonly coverage: Coverage;
  /** What was written beside it, by kind. */
  readonly files: Readonly<Record<string, string>>;
}

export interface JobSummary {
  readonly id: string;
  readonly name: string;
  readonly result: string;
  readonly start: string;
  readonly durationMs: number;
  readonly steps: readonly StepSummary[];
}

export interface StepSummary {
  readonly ordinal?: number;
  /** In the workflow. */
  readonly id?: string;
  readonly name: string;
  readonly result: string;
  readonly start: string;
  readonly durationMs: number;
  /** Of the step's own process, unless a signal ended it. */
  readonly exitCode?: number;
  /** With those of nested steps. */
  readonly processes: number;
  readonly connections: number;
  /** Changes of files, where they were watched. */
  readonly fileChanges?: number;
  /** Steps of a composite action. */
  readonly steps: readonly StepSummary[];
}

export interface Totals {
  readonly jobs: number;
  /** Without nested ones. */
  readonly steps: number;
  readonly processes: number;
  readonly connections: number;
  /** Distinct addresses or names, whatever the port. */
  readonly hosts: number;
  readonly spans: number;
}

/** What is known of a run beside its stories. */
export interface RunFacts {
  readonly spans: readonly FinishedSpan[];
  readonly resource: Attributes;
  /** `null` when no OTLP endpoint was named. */
  readonly delivered: ExportAccount | null;
  readonly files: Readonly<Record<string, string>>;
}

export function summarize(stories: readonly Story[], facts: RunFacts): Summary {
  const tallies = stories.map(tallyStory);
  const byExecutable = merge(tallies.map((tally) => tally.byExecutable));
  const processes = sum(tallies.map((tally) => tally.processes));
  const pipeline = facts.resource['cicd.pipeline.name'];
  const jobs = stories.map(({ job }) => job);
  const watched = watchesFiles(jobs);
  return {
    version: 1,
    traceId: stories[0]?.job.traceId ?? '',
    ...(typeof pipeline === 'string' && pipeline !== '' ? { pipeline } : {}),
    result: worst(jobs.map(resultOf)),
    ...notExecuted(stories),
    jobs: stories.map((story) => summarizeJob(story, watched)),
    totals: {
      jobs: stories.length,
      steps: sum(stories.map(({ steps }) => steps.length)),
      processes,
      connections: sum(tallies.map((tally) => tally.connections)),
      hosts: countHosts(tallies),
      spans: facts.spans.length,
    },
    processes: { total: processes, byExecutable: Object.fromEntries(byMost(byExecutable)) },
    ...(watched ? { fileChanges: fileChangesOf(jobs) } : {}),
    agents: stories.flatMap(summarizeAgents),
    findings: stories.flatMap((story) => findingsOf(story, facts.resource)),
    coverage: coverageOf(jobs, facts),
    files: facts.files,
  };
}

const whyNotExecuted: Readonly<Record<NotExecuted, string>> = {
  command_not_found: 'the command was not found',
  command_not_executable: 'the command cannot be executed',
};

function notExecuted([story]: readonly Story[]): Pick<Summary, 'reason'> {
  const kind = story?.job.attributes['error.type'];
  return typeof kind === 'string' && Object.hasOwn(whyNotExecuted, kind)
    ? { reason: whyNotExecuted[kind as NotExecuted] }
    : {};
}

/** The keys of `byHost` without their ports. */
function countHosts(tallies: readonly Tally[]): number {
  const targets = tallies.flatMap(({ byHost }) => [...byHost.keys()]).filter((target) => target !== otherName);
  return new Set(targets.map((target) => target.replace(/:\d+$/, ''))).size;
}

function summarizeJob({ job, steps }: Story, watched: boolean): JobSummary {
  const told = { id: job.spanId, name: job.name, result: resultOf(job), ...timing(job) };
  return { ...told, steps: steps.map((step) => summarizeStep(step, watched)) };
}

function summarizeStep(step: StepStory, watched: boolean): StepSummary {
  const { span } = step;
  const { processes, connections, files }: Tally = tallyStep(step);
  const ordinal = span.attributes[stepOrdinal];
  const id = span.attributes[stepId];
  const exitCode = exitCodeOf(step);
  return {
    ...(typeof ordinal === 'number' ? { ordinal } : {}),
    ...(typeof id === 'string' ? { id } : {}),
    name: span.name,
    result: resultOf(span),
    ...timing(span),
    ...(exitCode === null ? {} : { exitCode }),
    processes,
    connections,
    ...(watched ? { fileChanges: files.sum().total } : {}),
    steps: step.steps.map((inner) => summarizeStep(inner, watched)),
  };
}

/** The engine's word on a job or step. */
export function resultOf({ attributes, error }: FinishedSpan): string {
  const result = attributes['cicd.pipeline.task.run.result'];
  return typeof result === 'string' ? result : error === null ? 'unknown' : 'failure';
}

/** The exit code of the step's own process: of several (a composite) the last that failed, else the last. */
export function exitCodeOf(step: StepStory): number | null {
  const codes = step.processes
    .map(({ span }) => span.attributes['process.exit.code'])
    .filter((code) => typeof code === 'number');
  return codes.findLast((code) => code !== 0) ?? codes.at(-1) ?? null;
}

const fromWorst = ['error', 'failure', 'timeout', 'cancellation', 'unknown', 'success', 'skip'];

function worst(results: readonly string[]): string {
  return fromWorst.find((result) => results.includes(result)) ?? 'unknown';
}

export function byMost(counts: ReadonlyMap<string, number>): [string, number][] {
  return [...counts].sort(([nameA, a], [nameB, b]) => b - a || (nameA < nameB ? -1 : 1));
}

function merge(maps: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const merged = new Map<string, number>();
  for (const [key, count] of maps.flatMap((map) => [...map])) merged.set(key, (merged.get(key) ?? 0) + count);
  return merged;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

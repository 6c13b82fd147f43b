import { classOf, type SpanClass } from '../export/span-class.ts';
import { type Extent, extent } from './bar.ts';
import { worstSeverity } from './findings.ts';
import { readsSecrets } from './notes.ts';
import { reachesHost } from './reached.ts';
import type { Below, ProcessStory } from './story.ts';

/** A process worth a line of its own, with those below it that are too. */
export interface Notable {
  readonly process: ProcessStory;
  readonly below: readonly Notable[];
}

interface Candidate {
  readonly process: ProcessStory;
  readonly weight: number;
}

/**
 * The processes of a step that a person wants to see first: what caused a finding, what failed or was killed, coding agents and their commands, what connected, what took long;
 * of equals the one nearer to the step. One that only fills its parent's time (`sh -c` and what it runs) is not told twice. At most `most`.
 */
export function pickNotable(below: Below, span: Interval, most: number): Notable[] {
  const all = weigh(below.processes, { whole: span, parent: null, depth: 0 });
  const worthy =
    all.length <= most ? all : all.filter(({ weight }) => weight >= worthwhile).sort((a, b) => b.weight - a.weight);
  const chosen = new Set(worthy.slice(0, most).map(({ process }) => process));
  return keep(below.processes, chosen);
}

/** The process that is the step itself (its shell, its script's interpreter): told by the step's own line, so only what is below it is of interest. */
export function stepProcess(below: Below): ProcessStory | null {
  const [only, ...others] = below.processes;
  return only !== undefined && others.length === 0 && only.count === 1 ? only : null;
}

interface Interval {
  readonly start: bigint;
  readonly end: bigint;
}

interface Surroundings {
  readonly whole: Interval;
  readonly parent: ProcessStory | null;
  readonly depth: number;
}

/** In percent of the step: what took less is not worth a line for its length. */
const worthwhile = 3;

function weigh(processes: readonly ProcessStory[], around: Surroundings): Candidate[] {
  return processes.flatMap((process) => {
    const weight = weightOf(process, extent(process.span, around.whole)) - 4 * around.depth;
    const isCandidate = process.count === 1 && !repeats(process, around.parent);
    const below = weigh(process.processes, { ...around, parent: process, depth: around.depth + 1 });
    return isCandidate ? [{ process, weight }, ...below] : below;
  });
}

/** A coding agent's run, which says what all of it came to, its commands and its servers. */
const agentWeights: { readonly [spanClass in SpanClass]?: number } = { agent: 4000, tool: 1200, mcp: 1300 };

/** Nothing of its own beside its parent's line, which a signal may have ended with it. */
function repeats(process: ProcessStory, parent: ProcessStory | null): boolean {
  const { span } = process;
  if (parent === null || classOf(span) in agentWeights || tellsOfItself(process)) return false;
  if (span.error !== null && span.attributes['error.type'] !== parent.span.attributes['error.type']) return false;
  return Number(span.end - span.start) >= 0.8 * Number(parent.span.end - parent.span.start);
}

function tellsOfItself(process: ProcessStory): boolean {
  return leadsOut(process) || readsSecrets(process.span) || worstSeverity(process) !== null;
}

/** Names that were looked up are told where no connection followed, so the resolver is of no interest beside them. */
function leadsOut({ connections, lookups }: ProcessStory): boolean {
  return lookups.length > 0 || connections.some(reachesHost);
}

function weightOf(process: ProcessStory, { from, to }: Extent): number {
  const { span } = process;
  const exitCode = span.attributes['process.exit.code'];
  const found = worstSeverity(process) === null ? 0 : 3000;
  const failed = span.error === null ? 0 : 2000;
  const secret = readsSecrets(span) ? 1500 : 0;
  const connected = leadsOut(process) ? 1000 : 0;
  const ofAgent = agentWeights[classOf(span)] ?? 0;
  const nonZero = typeof exitCode === 'number' && exitCode !== 0 ? 10 : 0;
  return found + failed + secret + connected + ofAgent + nonZero + Math.round((to - from) * 100);
}

/** Keeps the chosen ones; what lies below one that was not chosen moves up to the next that was. */
function keep(processes: readonly ProcessStory[], chosen: ReadonlySet<ProcessStory>): Notable[] {
  return processes.flatMap((process) => {
    const below = keep(process.processes, chosen);
    return chosen.has(process) ? [{ process, below }] : below;
  });
}

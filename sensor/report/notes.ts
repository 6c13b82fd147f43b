import type { FinishedSpan } from '../spans/finished-span.ts';
import { failureOf } from './connection-outcome.ts';
import type { Tone } from './paint.ts';
import { spanCount } from './span-count.ts';
import type { ProcessStory, StepStory } from './story.ts';
import { byMost, exitCodeOf, resultOf } from './summary.ts';
import { tallyStep, target } from './tally.ts';
import { visible } from './text.ts';
import { counted, grouped } from './units.ts';

/** A remark beside a line, safe to show. */
export interface Note {
  readonly tone: Tone;
  readonly text: string;
}

/** How a step failed, how many processes it had, and where it connected; `connections` are those of its own process. */
export function stepNotes(step: StepStory, connections: readonly FinishedSpan[]): Note[] {
  return [...failureNotes(step), ...countNotes(step), ...connectionNotes(connections)];
}

export function processNotes({ span, connections }: ProcessStory): Note[] {
  return [...exitNotes(span), ...connectionNotes(connections)];
}

function failureNotes(step: StepStory): Note[] {
  const result = resultOf(step.span);
  if (result === 'success' || result === 'unknown') return [];
  const exitCode = exitCodeOf(step);
  const text = exitCode === null || exitCode === 0 ? (signalOf(step) ?? result) : `exit ${exitCode}`;
  return [{ tone: step.span.error === null ? 'warning' : 'bad', text: `✖ ${visible(text)}` }];
}

function countNotes(step: StepStory): Note[] {
  const { processes } = tallyStep(step);
  return processes > 1 ? [{ tone: 'quiet', text: counted(processes, 'process', 'processes') }] : [];
}

/** The signal that ended the step's own process. */
function signalOf({ processes }: StepStory): string | null {
  return processes.map(({ span }) => signalIn(span)).findLast((signal) => signal !== null) ?? null;
}

/** `SIGKILL` or `exit 2`. */
function exitNotes(span: FinishedSpan): Note[] {
  const tone = span.error === null ? 'quiet' : 'bad';
  const signal = signalIn(span);
  if (signal !== null) return [{ tone, text: visible(signal) }];
  const exitCode = span.attributes['process.exit.code'];
  return typeof exitCode === 'number' && exitCode !== 0 ? [{ tone, text: `exit ${exitCode}` }] : [];
}

function signalIn({ attributes }: FinishedSpan): string | null {
  const kind = attributes['error.type'];
  return typeof kind === 'string' && kind.startsWith('SIG') ? kind : null;
}

/** `→ github.com:443 (88×), npm.example.com:443`, and by itself `→ 192.0.2.1:443 refused`. */
export function connectionNotes(connections: readonly FinishedSpan[]): Note[] {
  const reached = new Map<string, number>();
  const failed = new Map<string, number>();
  for (const connection of connections) {
    const failure = failureOf(connection);
    const [counts, key] =
      failure === null ? [reached, target(connection)] : [failed, `${target(connection)} ${failure}`];
    counts.set(key, (counts.get(key) ?? 0) + spanCount(connection));
  }
  return [...arrowNote('link', reached), ...arrowNote('warning', failed)];
}

function arrowNote(tone: Tone, targets: ReadonlyMap<string, number>): Note[] {
  if (targets.size === 0) return [];
  const words = byMost(targets).map(([host, count]) =>
    count === 1 ? visible(host) : `${visible(host)} (${grouped(count)}×)`,
  );
  const text = words.length > 3 ? `${words.slice(0, 3).join(', ')}, ${words.length - 3} more` : words.join(', ');
  return [{ tone, text: `→ ${text}` }];
}

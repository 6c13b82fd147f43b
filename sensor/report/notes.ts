import { fileRead } from '../../crds/attributes.ts';
import type { FinishedSpan } from '../spans/finished-span.ts';
import { failedCount, failureOf } from './connection-outcome.ts';
import { operationWords } from './file-changes.ts';
import { toneOf, worstSeverity } from './findings.ts';
import type { Note, Tone } from './paint.ts';
import { reachesHost, target } from './reached.ts';
import { spanCount } from './span-count.ts';
import type { Below, ProcessStory, StepStory } from './story.ts';
import { byMost, exitCodeOf, resultOf } from './summary.ts';
import { type Tally, tallyStep } from './tally.ts';
import { visible } from './text.ts';
import { counted, grouped } from './units.ts';

/** How a step failed, how many processes it had, where it connected and what became of files; `own` is what the step's own process did. */
export function stepNotes(step: StepStory, own: Pick<Below, 'connections' | 'lookups'>): Note[] {
  const tally = tallyStep(step);
  return [
    ...failureNotes(step),
    ...countNotes(tally),
    ...connectionNotes(own.connections),
    ...lookupNotes(own.lookups),
    ...fileNotes(tally),
  ];
}

export function processNotes(process: ProcessStory): Note[] {
  const { span, connections, lookups } = process;
  return [
    ...exitNotes(span),
    ...secretNotes(span),
    ...connectionNotes(connections),
    ...lookupNotes(lookups),
    ...findingNotes(process),
  ];
}

/** `▲ High` at the process that did it; what it was stands in the step's own lines. */
function findingNotes(process: ProcessStory): Note[] {
  const worst = worstSeverity(process);
  return worst === null ? [] : [{ tone: toneOf(worst), text: `▲ ${worst}` }];
}

/** Whether the process read a file that gives secrets away. */
export function readsSecrets({ events }: FinishedSpan): boolean {
  return events.some(({ name }) => name === fileRead);
}

/** `reads /home/runner/.aws/credentials` */
function secretNotes({ events }: FinishedSpan): Note[] {
  const paths = events.filter(({ name }) => name === fileRead).map(({ attributes }) => attributes['file.path']);
  if (paths.length === 0) return [];
  return [
    {
      tone: 'warning',
      text: `reads ${shortList([...new Set(paths.map((path) => visible(String(path ?? 'a secret'))))])}`,
    },
  ];
}

function failureNotes(step: StepStory): Note[] {
  const result = resultOf(step.span);
  if (result === 'success' || result === 'unknown') return [];
  const exitCode = exitCodeOf(step);
  const text = exitCode === null || exitCode === 0 ? (signalOf(step) ?? result) : `exit ${exitCode}`;
  return [{ tone: step.span.error === null ? 'warning' : 'bad', text: `✖ ${visible(text)}` }];
}

function countNotes({ processes }: Tally): Note[] {
  return processes > 1 ? [{ tone: 'quiet', text: counted(processes, 'process', 'processes') }] : [];
}

/** `files: 3 created, 1 deleted` */
function fileNotes({ files }: Tally): Note[] {
  const words = operationWords(files.sum()).map(visible);
  return words.length === 0 ? [] : [{ tone: 'quiet', text: `files: ${words.join(', ')}` }];
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

/** `→ github.com:443 (88×, 2 failed)`, and by itself `→ 192.0.2.1:443 refused`; of the resolver only that it could not be asked. */
function connectionNotes(connections: readonly FinishedSpan[]): Note[] {
  const failures = connections.filter((one) => failureOf(one) !== null);
  const whole = connections.filter((one) => failureOf(one) === null && reachesHost(one));
  const reached = countBy(whole, target, spanCount);
  const failed = countBy(whole, target, failedCount);
  const refused = countBy(failures, (one) => `${target(one)} ${failureOf(one)}`, spanCount);
  return [...arrowNote('link', reached, failed), ...arrowNote('warning', refused, new Map())];
}

/** `DNS registry.internal NXDOMAIN` for what could not be looked up, `DNS example.com` for what no connection followed. */
function lookupNotes(lookups: readonly FinishedSpan[]): Note[] {
  const unused = lookups.filter(({ error }) => error === null).map(nameOf);
  const failed = lookups.filter(({ error }) => error !== null).map(lookupWords);
  return [...dnsNote('link', unused), ...dnsNote('warning', failed)];
}

function dnsNote(tone: Tone, words: readonly string[]): Note[] {
  return words.length === 0 ? [] : [{ tone, text: `DNS ${shortList([...new Set(words)])}` }];
}

function nameOf({ attributes }: FinishedSpan): string {
  return visible(String(attributes['dns.question.name'] ?? ''));
}

function lookupWords(span: FinishedSpan): string {
  return `${nameOf(span)} ${visible(String(span.attributes['error.type'] ?? 'failed'))}`;
}

function arrowNote(tone: Tone, targets: ReadonlyMap<string, number>, failed: ReadonlyMap<string, number>): Note[] {
  if (targets.size === 0) return [];
  const words = byMost(targets).map(([host, count]) => `${visible(host)}${times(count, failed.get(host) ?? 0)}`);
  return [{ tone, text: `→ ${shortList(words)}` }];
}

function times(count: number, failed: number): string {
  if (failed > 0) return ` (${grouped(count)}×, ${grouped(failed)} failed)`;
  return count === 1 ? '' : ` (${grouped(count)}×)`;
}

export function shortList(words: readonly string[]): string {
  return words.length > 3 ? `${words.slice(0, 3).join(', ')}, ${words.length - 3} more` : words.join(', ');
}

function countBy(
  spans: readonly FinishedSpan[],
  key: (span: FinishedSpan) => string,
  count: (span: FinishedSpan) => number,
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const span of spans) counts.set(key(span), (counts.get(key(span)) ?? 0) + count(span));
  return counts;
}

import { coveragePrefix, filesUnwatchedReason, filesWatched } from '../../../crds/attributes.ts';
import { eventClasses } from '../../decode/kernel-events.ts';
import type { Attributes, FinishedSpan } from '../../spans/finished-span.ts';
import type { Coverage } from '../coverage.ts';
import { visible } from '../text.ts';
import { grouped } from '../units.ts';
import type { AccountTable, Fact } from './model/report-data.ts';

/**
 * The account of events that the jobs' spans carry, whatever classes it has: `chaperone.coverage.STAGE.CLASS` is a cell.
 * The sensor's account goes on from job to job; what was folded and which spans were given is each job's own.
 */
export function accountTable(jobs: readonly FinishedSpan[], resource: Attributes, coverage: Coverage): AccountTable {
  const counts = mergeCounts(jobs);
  const parts = [...counts.keys()].filter(isCell).map((name) => name.split('.'));
  const stages = knownStages.filter((stage) => parts.some(([each]) => each === stage));
  const classes = inOrder(parts.map(([, ...kind]) => kind.join('.')));
  return {
    stages,
    classes: classes.map(visible),
    cells: classes.map((kind) => stages.map((stage) => counts.get(`${stage}.${kind}`) ?? null)),
    rest: [...sensorFacts(resource), ...fileFacts(jobs), ...countFacts(counts), ...deliveryFacts(coverage)],
  };
}

const knownStages = ['produced', 'delivered', 'shed', 'lost'];
const perJob = /^(folded|names|spans)\./;

function isCell(name: string): boolean {
  return knownStages.some((stage) => name.startsWith(`${stage}.`));
}

function mergeCounts(jobs: readonly FinishedSpan[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [key, value] of jobs.flatMap(({ attributes }) => Object.entries(attributes))) {
    if (!key.startsWith(coveragePrefix) || typeof value !== 'number') continue;
    const name = key.slice(coveragePrefix.length);
    const known = counts.get(name) ?? 0;
    counts.set(name, perJob.test(name) ? known + value : Math.max(known, value));
  }
  return counts;
}

/** The classes that this release knows first, in their order. */
function inOrder(names: readonly string[]): string[] {
  const known: readonly string[] = eventClasses;
  const place = (name: string) => (known.includes(name) ? known.indexOf(name) : known.length);
  return [...new Set(names)].sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
}

const sensorPrefix = 'chaperone.sensor.';

function sensorFacts(resource: Attributes): Fact[] {
  return Object.entries(resource)
    .filter(([key]) => key.startsWith(sensorPrefix))
    .map(([key, value]) => [`sensor ${visible(key.slice(sensorPrefix.length))}`, visible(String(value))]);
}

function fileFacts(jobs: readonly FinishedSpan[]): Fact[] {
  const words = new Set(
    jobs.flatMap(({ attributes: { [filesWatched]: word, [filesUnwatchedReason]: reason } }) =>
      word === undefined ? [] : [reason === undefined ? `${word}` : `${word}: ${reason}`],
    ),
  );
  return words.size === 0 ? [] : [['changes of files watched', visible([...words].join(', '))]];
}

const meanings: Readonly<Record<string, string>> = {
  gaps: 'numbers missing in the kernel’s sequences',
  unaccounted: 'events produced, but neither delivered nor counted as lost',
  shed: 'processes for which a table had no room',
  unfollowed: 'sockets for which a table had no room',
  left: 'processes that left the observed cgroup',
  detached: 'programs of the sensor that somebody detached',
  unattributed: 'processes of a step whose beginning was not seen',
  outside: 'executions and connections outside of every job',
  restarts: 'times the sensor was started again',
  interruptions: 'times nobody watched',
  unanswered: 'times the probe did not answer',
  undecoded: 'frames of the probe that were not understood',
  'cause.ring': 'events lost for want of room in the ring buffer',
  'cause.queue': 'events lost for want of room in the probe',
  'cause.restart': 'events lost while the sensor was started again',
  'cause.malformed': 'events lost because they were malformed',
  'folded.processes': 'processes told in summary spans',
  'folded.connections': 'connections told in summary spans',
  'folded.lookups': 'lookups told as a count alone',
  'folded.agents': 'executions of coding agents beyond the runs that are told',
  'folded.events': 'events of spans told as a count alone',
  'names.unasked': 'DNS answers that nobody had asked for',
  'names.unreadable': 'DNS messages that could not be read',
  'names.forgotten': 'DNS answers for which there was no more room',
  'findings.forgotten': 'things that detectors of findings forgot for want of room',
  'findings.delivered': 'findings that people were told',
  'findings.waiting': 'findings that waited to be told when the job ended',
  'findings.dropped': 'findings that people were not told',
  'spans.given': 'spans of the jobs',
};

function countFacts(counts: ReadonlyMap<string, number>): Fact[] {
  return [...counts]
    .filter(([name]) => !isCell(name))
    .map(([name, count]) => [Object.hasOwn(meanings, name) ? (meanings[name] ?? '') : visible(name), grouped(count)]);
}

function deliveryFacts({ delivery }: Coverage): Fact[] {
  if (delivery === undefined) return [];
  const facts: Fact[] = [
    ['spans delivered to the endpoint', grouped(delivery.sent)],
    ['spans not delivered', grouped(delivery.undelivered)],
  ];
  return delivery.lastFailure === undefined ? facts : [...facts, ['why not', visible(delivery.lastFailure)]];
}

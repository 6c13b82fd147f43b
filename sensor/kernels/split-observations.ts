import { countEach, type EventCounts } from '../decode/kernel-events.ts';
import type { ProbeEvent, StatsEvent } from '../decode/probe-events.ts';
import { type Observation, observationOf } from '../probe/testing/observe.ts';

/** What one probe told of several cases, after each of which it was asked for all that it had; its account is that of each case alone. */
export function splitObservations(events: readonly ProbeEvent[]): Observation[] {
  const hello = events.filter(({ kind }) => kind === 'hello');
  let before: StatsEvent | null = null;
  return splitAtFlushes(events.filter(({ kind }) => kind !== 'hello')).map((told) => {
    const own = told.map((event) => (event.kind === 'stats' && before !== null ? subtract(event, before) : event));
    before = told.findLast((event) => event.kind === 'stats') ?? before;
    return observationOf([...hello, ...own]);
  });
}

function splitAtFlushes(events: readonly ProbeEvent[]): ProbeEvent[][] {
  const ends = events.flatMap(({ kind }, index) => (kind === 'flushed' ? [index + 1] : []));
  return ends.map((end, nth) => events.slice(ends[nth - 1] ?? 0, end));
}

/** Each count without what was counted before. */
function subtract(now: StatsEvent, before: StatsEvent): StatsEvent {
  const entries = Object.entries(now).map(([key, value]) => [key, without(value, before[key as keyof StatsEvent])]);
  return Object.fromEntries(entries) as StatsEvent;
}

function without(now: unknown, before: unknown): unknown {
  if (typeof now === 'number') return now - Number(before);
  if (typeof now !== 'object' || Array.isArray(now)) return now;
  return countEach((each) => (now as EventCounts)[each] - (before as EventCounts)[each]);
}

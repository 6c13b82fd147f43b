import type { Coverage } from './coverage.ts';
import type { Note } from './notes.ts';
import type { Totals } from './summary.ts';
import { visible } from './text.ts';
import { counted } from './units.ts';

/** How the run ended: `✔ success`. */
export function resultWord(result: string): Note {
  if (result === 'success') return { tone: 'good', text: '✔ success' };
  if (result === 'unknown') return { tone: 'warning', text: 'result unknown' };
  return { tone: 'bad', text: `✖ ${visible(result)}` };
}

/** What there was of everything: `3 steps`, `212 processes`, `9 hosts`. */
export function countWords(totals: Totals): string[] {
  return [
    ...(totals.jobs > 1 ? [counted(totals.jobs, 'job')] : []),
    counted(totals.steps, 'step'),
    counted(totals.processes, 'process', 'processes'),
    totals.hosts === 0 ? 'no connections' : counted(totals.hosts, 'host'),
  ];
}

/** `nothing lost`, or exactly what was. */
export function coverageWords(coverage: Coverage): Note[] {
  const undelivered = some(
    coverage.delivery?.undelivered ?? 0,
    (count) => `${counted(count, 'span')} not delivered: ${visible(coverage.delivery?.lastFailure ?? '')}`,
  );
  if (!coverage.armed) return [{ tone: 'warning', text: `not observed: ${visible(coverage.reason)}` }, ...undelivered];
  if (coverage.complete) return [{ tone: 'good', text: 'nothing lost' }];
  const words = [
    ...some(
      Math.max(coverage.lost.total + coverage.unaccounted, coverage.gaps),
      (count) => `${counted(count, 'event')} lost`,
    ),
    ...some(coverage.unplaced, (count) => `${counted(count, 'process', 'processes')} without a step`),
    ...some(coverage.unfollowed, (count) => `${counted(count, 'connection')} not followed to the end`),
    ...some(coverage.left, (count) => `${counted(count, 'process', 'processes')} left the observed cgroup`),
    ...some(coverage.undecoded, (count) => `${counted(count, 'frame')} of the probe not understood`),
    ...some(coverage.interruptions, (count) => `the sensor was interrupted ${count}×`),
    ...some(coverage.missingSpans, (count) => `${counted(count, 'span')} missing`),
    ...undelivered,
  ];
  return words.length > 0 ? words : [{ tone: 'warning', text: 'coverage not recorded' }];
}

function some(count: number, say: (count: number) => string): Note[] {
  return count > 0 ? [{ tone: 'bad', text: say(count) }] : [];
}

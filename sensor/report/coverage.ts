import { countEach, type EventCounts, totalOf } from '../decode/kernel-events.ts';
import type { ExportAccount } from '../export/account.ts';
import type { Attributes, FinishedSpan } from '../spans/finished-span.ts';

/** What was seen of the run and what was not. Counts are of kernel events unless they say spans. */
export interface Coverage {
  /** Every hook was proved by effect before the command started. */
  readonly armed: boolean;
  /** Why not, one sentence. */
  readonly reason?: string;
  /** Everything the kernel saw reached the spans, and every span its destination. */
  readonly complete: boolean;
  readonly produced: EventCount;
  readonly delivered: EventCount;
  readonly lost: EventCount;
  /** Numbers missing in the kernel's sequences: proves `lost` from the other side. */
  readonly gaps: number;
  /** Produced, but neither delivered nor counted as lost. */
  readonly unaccounted: number;
  /** Processes whose lineage is not known: no room in a table, or begun before the sensor. */
  readonly unplaced: number;
  /** Sockets for which a table had no room: how they ended is not known. */
  readonly unfollowed: number;
  /** Processes that left the observed cgroup; what they did there was not seen. */
  readonly left: number;
  /** The sensor's programs that somebody detached; what they would have told was not seen. */
  readonly detached: number;
  /** Frames of the probe that could not be read. */
  readonly undecoded: number;
  /** How often the sensor was started again; what it had been told it knew again, or it counts as lost. */
  readonly restarts: number;
  /** How often nobody watched, or the probe did not say whether it had told everything. */
  readonly interruptions: number;
  /** Spans that the job says it gave and that are not in the trace. */
  readonly missingSpans: number;
  /** Told in summary spans instead of one by one; none of them is lost. */
  readonly folded: { readonly processes: number; readonly connections: number };
  /** Spans sent to the OTLP endpoint, where one was named. */
  readonly delivery?: Delivery;
}

export interface Delivery {
  readonly sent: number;
  readonly undelivered: number;
  /** Why some were not. */
  readonly lastFailure?: string;
}

export type EventCount = EventCounts & { readonly total: number };

/** What is known beside the job spans. */
export interface CoverageFacts {
  readonly resource: Attributes;
  /** Every span of the trace that there is. */
  readonly spans: readonly FinishedSpan[];
  /** `null` when no OTLP endpoint was named. */
  readonly delivered: ExportAccount | null;
}

/** Reads the coverage off the job spans and the resource, which say it themselves: so it is the same for a recorded trace. */
export function coverageOf(
  jobs: readonly FinishedSpan[],
  { resource, spans, delivered: account }: CoverageFacts,
): Coverage {
  const word = new CoverageWord(jobs.map(({ attributes }) => attributes));
  const missingSpans = Math.max(0, word.sum('spans.given') - spans.length);
  const armed = resource['chaperone.sensor.armed'] !== false;
  const undelivered = account === null ? 0 : account.queued + account.dropped.total;
  return {
    armed,
    ...(armed ? {} : { reason: String(resource['chaperone.sensor.reason'] ?? 'the sensor did not say why') }),
    complete: armed && word.isComplete() && undelivered === 0 && missingSpans === 0,
    produced: word.events('produced'),
    delivered: word.events('delivered'),
    lost: word.events('lost'),
    gaps: word.most('gaps'),
    unaccounted: word.most('unaccounted'),
    unplaced: word.most('shed') + word.most('unattributed'),
    unfollowed: word.most('unfollowed'),
    left: word.most('left'),
    detached: word.most('detached'),
    undecoded: word.most('undecoded'),
    restarts: word.most('restarts'),
    interruptions: word.most('interruptions') + word.most('unanswered'),
    missingSpans,
    folded: { processes: word.sum('folded.processes'), connections: word.sum('folded.connections') },
    ...(account === null ? {} : { delivery: deliveryOf(account, undelivered) }),
  };
}

/** A failure that another try mended is of no interest. */
function deliveryOf({ sent, lastFailure }: ExportAccount, undelivered: number): Delivery {
  return { sent, undelivered, ...(undelivered === 0 ? {} : { lastFailure }) };
}

/** `chaperone.coverage.*` of all jobs. The sensor's account goes on from job to job, what was folded is each job's own. */
class CoverageWord {
  readonly #jobs: readonly Attributes[];

  constructor(jobs: readonly Attributes[]) {
    this.#jobs = jobs;
  }

  /** A job that says nothing of it (a cut file, another program's trace) does not count as complete. */
  isComplete(): boolean {
    return (
      this.#jobs.length > 0 && this.#jobs.every((attributes) => attributes['chaperone.coverage.complete'] === true)
    );
  }

  most(name: string): number {
    return this.#numbers(name).reduce((most, count) => Math.max(most, count), 0);
  }

  sum(name: string): number {
    return this.#numbers(name).reduce((sum, count) => sum + count, 0);
  }

  events(side: string): EventCount {
    const counts = countEach((each) => this.most(`${side}.${each}`));
    return { ...counts, total: totalOf(counts) };
  }

  #numbers(name: string): number[] {
    return this.#jobs
      .map((attributes) => attributes[`chaperone.coverage.${name}`])
      .filter((value) => typeof value === 'number');
  }
}

import { countEach, type EventCounts, type KernelEvent, totalOf } from '../decode/kernel-events.ts';
import type { HelloEvent, StatsEvent, UndecodedEvent } from '../decode/probe-events.ts';
import { Sequence } from './sequence.ts';

/** Where events were lost, all classes together. */
export interface LossCauses {
  /** No room in the kernel's buffer. */
  readonly ring: number;
  /** No room in the probe's queue, since this process was slow or away. */
  readonly queue: number;
  /** Given to an earlier run of this process, which ended without keeping them. */
  readonly restart: number;
  /** Their bytes contradicted themselves. */
  readonly malformed: number;
}

/** The account of events: what the kernel produced, what arrived here, and where the rest went. */
export interface CoverageReport {
  readonly produced: EventCounts;
  readonly delivered: EventCounts;
  readonly lost: EventCounts;
  readonly causes: LossCauses;
  /** Numbers missing in the kernel's sequences; proves `lost` from the other side. */
  readonly gaps: number;
  /** Produced, and neither delivered nor lost, when the probe last said that it had given everything: a tail without a gap. */
  readonly unaccounted: number;
  /** Frames that could not be read, and of which not even the class is known. */
  readonly undecoded: number;
  /** Processes that had no room in the kernel's table or in ours, so that their lineage is not known. */
  readonly shed: number;
  /** Sockets that had no room in the kernel's table or in ours: how they ended is not known, nor whom they accepted. */
  readonly unfollowed: number;
  /** Processes that left the observed cgroup; what they did there was not seen. */
  readonly left: number;
  /** The sensor's programs that somebody detached: what they would have told was not seen. */
  readonly detached: number;
  /** Processes of a step whose beginning was not seen; they hang at the job. */
  readonly unattributed: number;
  /** Executions and connections of the pod outside of any job. */
  readonly outside: number;
  /** How often this part of the sensor was started again. What it had been told it knows again, as far as it was kept. */
  readonly restarts: number;
  /** How often nobody watched: the probe ended and another one began. */
  readonly interruptions: number;
  /** How often the probe was asked for its last events and did not answer. */
  readonly unanswered: number;
  /** Nothing of the job is missing. */
  readonly complete: boolean;
}

const none = countEach(() => 0);

function sum(...counts: readonly EventCounts[]): EventCounts {
  return countEach((each) => counts.reduce((total, one) => total + one[each], 0));
}

/** Keeps the account while events arrive, over all runs of the probe. */
export class Coverage {
  unattributed = 0;
  outside = 0;
  unanswered = 0;
  /** Sockets that had no room in a job's table. */
  unfollowed = 0;
  #delivered = { ...none };
  #malformed = { ...none };
  #undecoded = 0;
  #unaccounted = 0;
  #interruptions = 0;
  readonly #sequences = new Map<number, Sequence>();
  /** Of the probe that runs now; before it, `#earlier`. */
  #probe: string | null = null;
  #stats: StatsEvent | null = null;
  #restart: EventCounts = none;
  #restarts = 0;
  #earlier = {
    ...{ produced: none, arrived: none, ring: none, queue: none, restart: none, restarts: 0, gaps: 0 },
    tables: { shed: 0, unfollowed: 0, left: 0, detached: 0 },
  };

  seen(event: KernelEvent): void {
    this.#delivered[event.kind] += 1;
    // Files come through a ring of their own, with numbers of its own.
    const origin = event.kind === 'file' ? ~event.cpu : event.cpu;
    const sequence = this.#sequences.get(origin) ?? new Sequence(event.seq);
    this.#sequences.set(origin, sequence);
    sequence.seen(event.seq);
  }

  undecoded({ eventClass }: UndecodedEvent): void {
    if (eventClass === null) this.#undecoded += 1;
    else this.#malformed[eventClass] += 1;
  }

  hello(event: HelloEvent): void {
    if (this.#probe !== null && this.#probe !== event.started) this.#interrupted();
    this.#probe = event.started;
    this.#restarts = event.restarts;
    // What an earlier run of this process was given and told this one of is not lost.
    const arrived = this.#arrived();
    this.#restart = countEach((each) => Math.max(0, event.forwardedBefore[each] - arrived[each]));
  }

  stats(event: StatsEvent): void {
    this.#stats = event;
  }

  /** Only now do the two sides speak of the same events: before, some stood between them. */
  flushed(): void {
    if (this.#stats === null) return;
    const { produced, lost, probeDropped } = this.#stats;
    const told = totalOf(sum(lost, probeDropped, this.#restart, this.#arrived()));
    this.#unaccounted = Math.max(0, totalOf(produced) - told);
  }

  report(shedHere: number): CoverageReport {
    const { ring, queue, restart } = this.#losses();
    const lost = sum(ring, queue, restart, this.#malformed);
    const tables = this.#tables();
    const counts = {
      gaps: this.#gaps(),
      unaccounted: this.#unaccounted,
      undecoded: this.#undecoded,
      ...tables,
      shed: shedHere + tables.shed,
      unfollowed: this.unfollowed + tables.unfollowed,
      unattributed: this.unattributed,
      interruptions: this.#interruptions,
      unanswered: this.unanswered,
    };
    return {
      produced: sum(this.#earlier.produced, this.#produced()),
      delivered: { ...this.#delivered },
      lost,
      causes: {
        ring: totalOf(ring),
        queue: totalOf(queue),
        restart: totalOf(restart),
        malformed: totalOf(this.#malformed),
      },
      ...counts,
      outside: this.outside,
      restarts: this.#earlier.restarts + this.#restarts,
      complete: Object.values(counts).reduce((total, count) => total + count, totalOf(lost)) === 0,
    };
  }

  /** What says that somebody may work against the sensor. */
  get standing(): Pick<CoverageReport, 'restarts' | 'interruptions' | 'unanswered' | 'left' | 'detached'> {
    return {
      restarts: this.#earlier.restarts + this.#restarts,
      interruptions: this.#interruptions,
      unanswered: this.unanswered,
      left: this.#earlier.tables.left + (this.#stats?.left ?? 0),
      detached: this.#earlier.tables.detached + (this.#stats?.detached ?? 0),
    };
  }

  /** What came here from the probe that runs now, readable or not. */
  #arrived(): EventCounts {
    return countEach((each) => this.#delivered[each] + this.#malformed[each] - this.#earlier.arrived[each]);
  }

  /** By the probe's own account, or where it gave none yet, what came. */
  #produced(): EventCounts {
    return this.#stats?.produced ?? this.#arrived();
  }

  #losses(): { ring: EventCounts; queue: EventCounts; restart: EventCounts } {
    return {
      ring: sum(this.#earlier.ring, this.#stats?.lost ?? none),
      queue: sum(this.#earlier.queue, this.#stats?.probeDropped ?? none),
      restart: sum(this.#earlier.restart, this.#restart),
    };
  }

  #gaps(): number {
    return [...this.#sequences.values()].reduce((gaps, { missing }) => gaps + missing, this.#earlier.gaps);
  }

  /** What the kernel's tables had no room for, and who or what is no longer seen. */
  #tables(): { shed: number; unfollowed: number; left: number; detached: number } {
    const { tables } = this.#earlier;
    return {
      shed: tables.shed + (this.#stats?.tableFull ?? 0),
      unfollowed: tables.unfollowed + (this.#stats?.socketsFull ?? 0),
      left: tables.left + (this.#stats?.left ?? 0),
      detached: tables.detached + (this.#stats?.detached ?? 0),
    };
  }

  /** Another probe has begun, which counts from zero; how much the one before it would still have told nobody knows. */
  #interrupted(): void {
    const arrived = this.#arrived();
    const produced = this.#produced();
    this.#earlier = {
      ...this.#losses(),
      gaps: this.#gaps(),
      produced: sum(
        this.#earlier.produced,
        countEach((each) => Math.max(produced[each], arrived[each])),
      ),
      arrived: sum(this.#earlier.arrived, arrived),
      restarts: this.#earlier.restarts + this.#restarts,
      tables: this.#tables(),
    };
    this.#interruptions += 1;
    this.#stats = null;
    this.#restart = none;
    this.#restarts = 0;
    this.#sequences.clear();
  }
}

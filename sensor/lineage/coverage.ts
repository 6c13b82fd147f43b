import {
  countEach,
  type EventCounts,
  type HelloEvent,
  type KernelEvent,
  type StatsEvent,
  totalOf,
} from '../decode/events.ts';

/** The account of events: what the kernel produced, what arrived here, and where the rest went. */
export interface CoverageReport {
  readonly produced: EventCounts;
  readonly delivered: EventCounts;
  /** No room in the kernel's buffer or in the probe's queue. */
  readonly lost: EventCounts;
  /** Given to an earlier run of this process, which ended without telling of all of them. */
  readonly before: EventCounts;
  /** Numbers missing in the kernel's sequences; proves `lost` from the other side. */
  readonly gaps: number;
  /** Produced, and neither delivered nor lost, when the probe last said that it had given everything: a tail without a gap. */
  readonly unaccounted: number;
  /** Processes that had no room in the kernel's table or in ours, so that their lineage is not known. */
  readonly shed: number;
  /** Sockets that had no room in the kernel's table: how they ended is not known, nor whom they accepted. */
  readonly unfollowed: number;
  /** Processes that left the observed cgroup; what they did there was not seen. */
  readonly left: number;
  /** Processes of a step whose beginning was not seen; they hang at the job. */
  readonly unattributed: number;
  /** Executions and connections of the pod outside of any job. */
  readonly outside: number;
  /** How often this part of the sensor was started again. */
  readonly restarts: number;
  /** Nothing of the job is missing. */
  readonly complete: boolean;
}

const none = countEach(() => 0);

/** Keeps the account while events arrive. */
export class Coverage {
  unattributed = 0;
  outside = 0;
  #delivered = { ...none };
  #stats: StatsEvent | null = null;
  #before: EventCounts = none;
  #restarts = 0;
  #gaps = 0;
  #unaccounted = 0;
  readonly #next = new Map<number, number>();

  seen(event: KernelEvent): void {
    this.#delivered[event.kind] += 1;
    const expected = this.#next.get(event.cpu);
    if (expected !== undefined) this.#gaps += (event.seq - expected) >>> 0;
    this.#next.set(event.cpu, (event.seq + 1) >>> 0);
  }

  hello(event: HelloEvent): void {
    this.#before = event.forwardedBefore;
    this.#restarts = event.restarts;
  }

  stats(event: StatsEvent): void {
    this.#stats = event;
  }

  /** Only now do the two sides speak of the same events: before, some stood between them. */
  flushed(): void {
    if (this.#stats === null) return;
    const told = [this.#stats.lost, this.#stats.probeDropped, this.#before, this.#delivered].map(totalOf);
    this.#unaccounted = Math.max(0, totalOf(this.#stats.produced) - told.reduce((one, other) => one + other));
  }

  report(shedHere: number): CoverageReport {
    const stats = this.#stats;
    const lost = stats === null ? none : countEach((each) => stats.lost[each] + stats.probeDropped[each]);
    const shed = shedHere + (stats?.tableFull ?? 0);
    const unfollowed = stats?.socketsFull ?? 0;
    const left = stats?.left ?? 0;
    const { unattributed } = this;
    const told = totalOf(lost) + this.#gaps + this.#unaccounted;
    const missing = told + shed + unfollowed + left + unattributed + this.#restarts;
    return {
      produced: stats?.produced ?? { ...this.#delivered },
      delivered: { ...this.#delivered },
      lost,
      before: this.#before,
      gaps: this.#gaps,
      unaccounted: this.#unaccounted,
      shed,
      unfollowed,
      left,
      unattributed,
      outside: this.outside,
      restarts: this.#restarts,
      complete: missing === 0,
    };
  }
}

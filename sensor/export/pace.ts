import type { Clock } from './clock.ts';

const backOff = { factor: 2, longestMs: 30_000, longestInFlushMs: 1_000, shortestMs: 50 };

/** The end of one flush. */
export interface FlushEnd {
  /** Kept when the deadline has come, or patience has ended. */
  readonly reached: Promise<void>;
  cancel(): void;
}

interface Flush {
  readonly deadline: number;
  readonly patienceMs: number;
  readonly reach: () => void;
  /** On the clock, as is the deadline. */
  endsAt: number;
  cancelWatch: () => void;
}

/** How long to wait between tries: longer from failure to failure, shorter while somebody waits for a flush to end. */
export class Pace {
  readonly #clock: Clock;
  readonly #firstMs: number;
  readonly #flushes = new Set<Flush>();
  #failures = 0;

  /** `firstMs`: how long to wait after a first failure, in milliseconds. */
  constructor(clock: Clock, firstMs: number) {
    this.#clock = clock;
    this.#firstMs = firstMs;
  }

  get isHurried(): boolean {
    return this.#flushes.size > 0;
  }

  /** A flush begins; it ends by itself after the deadline, or when {@link took} was not called for the time of its patience. */
  hurry(deadlineMs: number, patienceMs: number): FlushEnd {
    const { promise, resolve } = Promise.withResolvers<void>();
    const deadline = this.#clock.now() + deadlineMs;
    const flush: Flush = { deadline, patienceMs, reach: resolve, endsAt: deadline, cancelWatch: () => {} };
    this.#flushes.add(flush);
    this.#watch(flush);
    return {
      reached: promise,
      cancel: () => {
        flush.cancelWatch();
        this.#flushes.delete(flush);
      },
    };
  }

  /** The server took a batch. */
  took(): void {
    this.#failures = 0;
    for (const flush of this.#flushes) this.#watch(flush);
  }

  /** A try failed: how long to wait before the next, in milliseconds. */
  pause(retryAfterMs: number | null): number {
    const grown = Math.min(this.#firstMs * backOff.factor ** this.#failures, backOff.longestMs);
    this.#failures += 1;
    if (this.#flushes.size === 0) return retryAfterMs ?? grown;
    // Waiting past the end helps nobody: halve what is left, and try until it is gone.
    const end = Math.max(...[...this.#flushes].map(({ endsAt }) => endsAt));
    const left = Math.max((end - this.#clock.now()) / 2, backOff.shortestMs);
    return Math.min(retryAfterMs ?? Math.min(grown, backOff.longestInFlushMs), left);
  }

  #watch(flush: Flush): void {
    const now = this.#clock.now();
    flush.endsAt = Math.min(flush.deadline, now + flush.patienceMs);
    flush.cancelWatch();
    flush.cancelWatch = this.#clock.after(Math.max(flush.endsAt - now, 0), flush.reach);
  }
}

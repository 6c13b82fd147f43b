import type { HelloEvent } from './decode/probe-events.ts';
import { type Clock, unixNanos } from './export/clock.ts';

/**
 * The time on the probe's clock, as Unix time by the offset of its hello. Unlike the time of day it never jumps when somebody sets the clock,
 * which must neither end a job early nor keep it open.
 */
export class ProbeTime {
  readonly #clock: Clock;
  #heard: { readonly unix: bigint; readonly at: number } | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  hear({ time, realtimeOffsetNs }: HelloEvent): void {
    this.#heard = { unix: time + realtimeOffsetNs, at: this.#clock.now() };
  }

  /** In nanoseconds; the time of day before the first hello. */
  now(): bigint {
    if (this.#heard === null) return unixNanos(this.#clock);
    return this.#heard.unix + BigInt(Math.round((this.#clock.now() - this.#heard.at) * 1e6));
  }
}

/** So many bytes at once, and so many a second from then on. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** A bucket of bytes that fills with time (milliseconds of a clock that never jumps). */
export class Allowance {
  /** Something was refused, whatever the reason. */
  isOverdrawn = false;
  readonly #rate: Rate;
  #left: number;
  #at: number;

  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#left = rate.burst;
    this.#at = now;
  }

  /** False, and nothing is taken, if there is not enough. */
  take(bytes: number, now: number): boolean {
    this.#left = Math.min(this.#rate.burst, this.#left + ((now - this.#at) * this.#rate.perSecond) / 1000);
    this.#at = now;
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }
}

/** The only way this folder reads or waits for time, so that tests can set it. */
export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** The time of day, for dates that servers name. */
  wall(): Date;
  /** Runs `action` once after `ms`; the answer cancels it. */
  after(ms: number, action: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => new Date(),
  after(ms, action) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
};

/** The time of day in Unix nanoseconds, to the millisecond. */
export function unixNanos(clock: Clock): bigint {
  return BigInt(clock.wall().getTime()) * 1_000_000n;
}

import type { Clock } from '../runtime/clock.ts';

/** client-go's backoff of a reflector: doubled from 0.8 s to 30 s, and from the start again after 2 min of quiet. */
const FIRST_MS = 800;
const LAST_MS = 30_000;
const RESET_AFTER_MS = 120_000;

/** Gives the wait before the next try. */
export interface Backoff {
  /** Milliseconds, with up to as much again as jitter. */
  next(): number;
}

/** Backoff of one endless loop; `random` gives numbers between 0 and 1. */
export function createBackoff(clock: Clock, random: () => number): Backoff {
  let delay = FIRST_MS;
  let lastAt = Number.NEGATIVE_INFINITY;
  return {
    next() {
      const now = clock.now();
      if (now - lastAt > RESET_AFTER_MS) delay = FIRST_MS;
      lastAt = now;
      const wait = Math.min(delay * (1 + random()), LAST_MS);
      delay = Math.min(delay * 2, LAST_MS);
      return wait;
    },
  };
}

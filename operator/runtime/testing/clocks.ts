import type { Clock } from '../clock.ts';

/** A clock that stands still until a test advances it. */
export interface ManualClock extends Clock {
  /** Moves time on and calls the timers that fall due, in their order; lets promises settle between them. */
  advance(ms: number): Promise<void>;
  /** How many timers are set. */
  pending(): number;
}

interface Timer {
  at: number;
  callback: () => void;
}

/** Makes a clock that starts at `start` milliseconds since 1970. */
export function createManualClock(start = 1_800_000_000_000): ManualClock {
  let now = start;
  const timers = new Set<Timer>();

  function nextDue(until: number): Timer | undefined {
    const due = [...timers].filter((timer) => timer.at <= until);
    return due.sort((a, b) => a.at - b.at)[0];
  }

  return {
    now: () => now,
    setTimer(ms, callback) {
      const timer = { at: now + ms, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      const until = now + ms;
      await settle();
      for (let timer = nextDue(until); timer !== undefined; timer = nextDue(until)) {
        timers.delete(timer);
        now = timer.at;
        timer.callback();
        await settle();
      }
      now = until;
      await settle();
    },
    pending: () => timers.size,
  };
}

/** Lets everything that is already resolved run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** A clock on which a real millisecond is `factor` milliseconds, for tests that need real input and output. */
export function createFastClock(factor: number): Clock {
  const start = Date.now();
  return {
    now: () => start + (Date.now() - start) * factor,
    setTimer(ms, callback) {
      const timer = setTimeout(callback, ms / factor);
      return () => clearTimeout(timer);
    },
  };
}

/** Resolves once the condition holds; the test runner's own time limit ends the wait. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Tries again until it succeeds; after 20 s its failure is passed on. */
export async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Time, passed in so that tests need not wait. */
export interface Clock {
  /** Milliseconds since 1970, as Date.now. */
  now(): number;
  /** Calls back once after `ms` milliseconds; the returned function cancels. */
  setTimer(ms: number, callback: () => void): () => void;
}

/** The real clock. A pending timer keeps the process alive, so whoever sets one cancels it at stop. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimer(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms` milliseconds, or at once when the signal aborts. Never rejects. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      cancel();
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const cancel = clock.setTimer(ms, finish);
    signal?.addEventListener('abort', finish);
  });
}

/** What the work resolves with, or undefined when that takes more than `ms` milliseconds; the work itself goes on. Rejects as the work does in time. */
export async function within<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T | undefined> {
  const done = new AbortController();
  // A failure that comes too late is nobody's.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, sleep(clock, ms, done.signal).then(() => undefined)]);
  } finally {
    done.abort();
  }
}

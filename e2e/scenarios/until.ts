import { setTimeout as pause } from 'node:timers/promises';

/**
 * Waits for a condition: asks `probe` until it returns something other than `undefined` and `false`, and returns that.
 * Fails after `seconds` with what was waited for and the last error or refusal.
 */
export async function until<Value>(
  what: string,
  seconds: number,
  probe: () => Promise<Value | undefined | false>,
): Promise<Value> {
  const end = performance.now() + seconds * 1000;
  let last: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== false) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) throw new Error(`waited ${seconds} s in vain for: ${what}`, { cause: last });
    await pause(150);
  }
}

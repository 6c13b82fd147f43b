import { BoundedMap } from '../gateway/bounded-map.ts';
import type { Clock } from '../runtime/clock.ts';

/** So many at once, and one more each so many milliseconds. */
export interface Allowance {
  burst: number;
  everyMs: number;
}

/** Says of each key whether it may once more. A key that was unused for longest is forgotten first, and starts anew. */
export type Budget = (key: string) => boolean;

export function createBudget(clock: Clock, { burst, everyMs }: Allowance, capacity: number): Budget {
  const held = new BoundedMap<{ left: number; at: number }>(capacity);
  return (key) => {
    const now = clock.now();
    const before = held.get(key);
    const left = before === undefined ? burst : Math.min(burst, before.left + Math.max(0, now - before.at) / everyMs);
    const may = left >= 1;
    held.set(key, { left: may ? left - 1 : left, at: now });
    return may;
  };
}

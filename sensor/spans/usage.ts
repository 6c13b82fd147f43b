import { cpuSystem, cpuUser, memoryPeak } from '../../crds/attributes.ts';
import type { Usage } from '../decode/process-events.ts';
import type { Attributes } from './finished-span.ts';

/** What ended processes used, added up; of memory the most that one of them had. */
export class UsageTotals {
  #userTime = 0n;
  #systemTime = 0n;
  #peakMemory = 0;
  #isKnown = false;

  add({ userTime, systemTime, peakMemory }: Usage): void {
    this.#isKnown = true;
    this.#userTime += userTime;
    this.#systemTime += systemTime;
    this.#peakMemory = Math.max(this.#peakMemory, peakMemory ?? 0);
  }

  merge(other: UsageTotals): void {
    if (!other.#isKnown) return;
    this.add({ userTime: other.#userTime, systemTime: other.#systemTime, peakMemory: other.#peakMemory });
  }

  attributes(): Attributes {
    if (!this.#isKnown) return {};
    const peakMemory = this.#peakMemory === 0 ? null : this.#peakMemory;
    return usageAttributes({ userTime: this.#userTime, systemTime: this.#systemTime, peakMemory });
  }
}

/** Seconds and bytes. The semantic conventions know CPU time and memory of a process as metrics only, so the names are ours. */
export function usageAttributes({ userTime, systemTime, peakMemory }: Usage): Attributes {
  return {
    [cpuUser]: seconds(userTime),
    [cpuSystem]: seconds(systemTime),
    ...(peakMemory === null ? {} : { [memoryPeak]: peakMemory }),
  };
}

function seconds(nanos: bigint): number {
  return Number(nanos) / 1e9;
}

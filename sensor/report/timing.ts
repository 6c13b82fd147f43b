import type { FinishedSpan } from '../spans/finished-span.ts';

/** When a span was, as `summary.json` tells it. */
export function timing({ start, end }: FinishedSpan): { start: string; durationMs: number } {
  return { start: rfc3339(start), durationMs: Number(end - start) / 1e6 };
}

/** Milliseconds are enough for people; a time outside of what a date can hold is told as the epoch. */
function rfc3339(nanos: bigint): string {
  const ms = Number(nanos / 1_000_000n);
  return new Date(Math.abs(ms) <= 8.64e15 ? ms : 0).toISOString();
}

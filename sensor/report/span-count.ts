import type { FinishedSpan } from '../spans/finished-span.ts';

/** `aggregation.span_count` of a summary span (the vocabulary of Tempo and the collector's span pruning), else 1. */
export function spanCount({ attributes }: FinishedSpan): number {
  const count = attributes['aggregation.span_count'];
  return typeof count === 'number' && Number.isSafeInteger(count) && count > 0 ? count : 1;
}

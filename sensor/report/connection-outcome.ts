import { connectionOutcome, failedConnections } from '../../crds/attributes.ts';
import type { FinishedSpan } from '../spans/finished-span.ts';
import { spanCount } from './span-count.ts';

const failures: readonly unknown[] = ['refused', 'timed_out', 'reset', 'unreachable', 'failed'];

/** What came of a connection, such as `established` or `timed out`; empty where it was not recorded. */
export function outcomeOf({ attributes, error }: Pick<FinishedSpan, 'attributes' | 'error'>): string {
  const { [connectionOutcome]: outcome, 'error.type': kind } = attributes;
  const word = typeof outcome === 'string' ? outcome : error === null ? '' : kind;
  return typeof word === 'string' ? word.replaceAll('_', ' ') : 'failed';
}

/** The outcome where it is a failure, else `null`. */
export function failureOf(span: Pick<FinishedSpan, 'attributes' | 'error'>): string | null {
  const failed = span.error !== null || failures.includes(span.attributes[connectionOutcome]);
  return failed ? outcomeOf(span) : null;
}

/** How many of the connections that a span stands for failed. */
export function failedCount(span: FinishedSpan): number {
  const failed = span.attributes[failedConnections];
  return typeof failed === 'number' ? failed : failureOf(span) === null ? 0 : spanCount(span);
}

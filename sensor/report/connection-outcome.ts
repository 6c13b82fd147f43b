import type { FinishedSpan } from '../spans/finished-span.ts';

const failures: readonly unknown[] = ['refused', 'timed_out', 'reset', 'unreachable', 'failed'];

/** What came of a connection, such as `established` or `timed out`; empty where it was not recorded. */
export function outcomeOf({ attributes, error }: Pick<FinishedSpan, 'attributes' | 'error'>): string {
  const { 'chaperone.connection.outcome': outcome, 'error.type': kind } = attributes;
  const word = typeof outcome === 'string' ? outcome : error === null ? '' : kind;
  return typeof word === 'string' ? word.replaceAll('_', ' ') : 'failed';
}

/** The outcome where it is a failure, else `null`. */
export function failureOf(span: Pick<FinishedSpan, 'attributes' | 'error'>): string | null {
  const failed = span.error !== null || failures.includes(span.attributes['chaperone.connection.outcome']);
  return failed ? outcomeOf(span) : null;
}

import { stepId, stepOrdinal } from '../../crds/attributes.ts';
import type { FinishedSpan } from '../spans/finished-span.ts';

/** What kind of thing a span tells of; what is shed is counted by it. */
export type SpanClass = 'job' | 'step' | 'process' | 'connection' | 'accept' | 'dns' | 'other' | 'finding';

export const spanClasses: readonly SpanClass[] = [
  'job',
  'step',
  'process',
  'connection',
  'accept',
  'dns',
  'other',
  'finding',
];

type Told = Pick<FinishedSpan, 'kind' | 'attributes'>;

/** Reads the class off a span's own content, so that a recorded trace classifies as the live one did. */
export function classOf({ kind, attributes }: Told): SpanClass {
  if (stepOrdinal in attributes || stepId in attributes) return 'step';
  if ('cicd.pipeline.task.name' in attributes || 'cicd.pipeline.task.run.result' in attributes) return 'job';
  if ('security_rule.name' in attributes) return 'finding';
  if (kind === 'client') return 'connection';
  if (kind === 'server') return 'accept';
  if ('dns.question.name' in attributes) return 'dns';
  if ('process.executable.name' in attributes || 'aggregation.is_summary' in attributes) return 'process';
  return 'other';
}

/** Job, step and finding are the lane that is never shed. */
export function spanPriority(span: Told): boolean {
  const spanClass = classOf(span);
  return spanClass === 'job' || spanClass === 'step' || spanClass === 'finding';
}

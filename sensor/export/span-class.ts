import type { FinishedSpan } from '../spans/finished-span.ts';

/** What kind of thing a span tells of; what is shed is counted by it. */
export type SpanClass = 'job' | 'step' | 'process' | 'connection' | 'other';

export const spanClasses: readonly SpanClass[] = ['job', 'step', 'process', 'connection', 'other'];

/** Reads the class off a span's own content, so that a recorded trace classifies as the live one did. */
export function classOf(span: Pick<FinishedSpan, 'kind' | 'attributes'>): SpanClass {
  const { attributes } = span;
  if ('chaperone.step.ordinal' in attributes || 'chaperone.step.id' in attributes) return 'step';
  if ('cicd.pipeline.task.name' in attributes || 'cicd.pipeline.task.run.result' in attributes) return 'job';
  if (span.kind === 'client') return 'connection';
  if ('process.executable.name' in attributes) return 'process';
  return 'other';
}

import { mcpServer, stepId, stepOrdinal } from '../../crds/attributes.ts';
import type { FinishedSpan } from '../spans/finished-span.ts';

/** What kind of thing a span tells of; what is shed is counted by it. */
export type SpanClass =
  | 'job'
  | 'step'
  | 'process'
  | 'connection'
  | 'accept'
  | 'dns'
  | 'other'
  | 'finding'
  | 'agent'
  | 'tool'
  | 'mcp';

export const spanClasses: readonly SpanClass[] = [
  'job',
  'step',
  'process',
  'connection',
  'accept',
  'dns',
  'other',
  'finding',
  'agent',
  'tool',
  'mcp',
];

/** The attribute that a class has and none of those below it. */
const marks: readonly (readonly [attribute: string, spanClass: SpanClass])[] = [
  [stepOrdinal, 'step'],
  [stepId, 'step'],
  ['cicd.pipeline.task.name', 'job'],
  ['cicd.pipeline.task.run.result', 'job'],
  ['security_rule.name', 'finding'],
  ['gen_ai.tool.name', 'tool'],
  [mcpServer, 'mcp'],
  ['gen_ai.operation.name', 'agent'],
  ['dns.question.name', 'dns'],
  ['process.executable.name', 'process'],
  ['aggregation.is_summary', 'process'],
];

type Told = Pick<FinishedSpan, 'kind' | 'attributes'>;

/** Reads the class off a span's own content, so that a recorded trace classifies as the live one did. */
export function classOf({ kind, attributes }: Told): SpanClass {
  if (kind === 'client') return 'connection';
  if (kind === 'server') return 'accept';
  return marks.find(([mark]) => mark in attributes)?.[1] ?? 'other';
}

/** Job, step, agent and finding are the lane that is never shed. */
export function spanPriority(span: Told): boolean {
  const spanClass = classOf(span);
  return spanClass === 'job' || spanClass === 'step' || spanClass === 'finding' || spanClass === 'agent';
}

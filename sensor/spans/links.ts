import type { SpanLink } from './finished-span.ts';
import type { JobIds, TraceParent } from './ids.ts';
import type { Scope } from './scope.ts';

/**
 * The link to a span that a process was told to stand below (`TRACEPARENT`); none where it is told nothing, or what the trace says anyway: its
 * job, its step, or what the job itself was told. It is never a parent: where a process stands the kernel knows, and its environment is anybody's.
 */
export function linksTo(context: TraceParent | null, scope: Scope, ids: JobIds): SpanLink[] {
  return context === null || isAbove(context, scope, ids) ? [] : [{ ...context, attributes: {} }];
}

function isAbove(context: TraceParent, scope: Scope, ids: JobIds): boolean {
  if (ids.run !== null && isSameContext(ids.run, context)) return true;
  const above = [ids.jobSpanId, ids.parentSpanId];
  for (let { step } = scope; step !== null; step = step.outer) above.push(step.frozen?.spanId ?? null);
  return context.traceId === ids.traceId && above.includes(context.spanId);
}

export function isSameContext(one: TraceParent | null, other: TraceParent | null): boolean {
  return one?.traceId === other?.traceId && one?.spanId === other?.spanId;
}

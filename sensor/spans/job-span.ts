import type { JobIdentity } from '../engines/engine.ts';
import type { Attributes, FinishedSpan, UnixNanos } from './finished-span.ts';
import type { JobIds } from './ids.ts';
import { type NotExecuted, type TaskResult, taskSpan } from './task-span.ts';
import { maxName, printable } from './text.ts';

/** How a job went. */
export interface JobRun {
  readonly start: UnixNanos;
  readonly end: UnixNanos;
  readonly result: TaskResult | null;
  readonly notExecuted: NotExecuted | null;
  readonly attributes: Attributes;
}

/** The span of a job, to which all others of it lead up. */
export function jobSpan(ids: JobIds, identity: JobIdentity, run: JobRun): FinishedSpan {
  const { start, end, result, notExecuted } = run;
  const at = { traceId: ids.traceId, spanId: ids.jobSpanId, parentSpanId: ids.parentSpanId };
  const attributes = {
    'cicd.pipeline.task.run.id': identity.taskRunId,
    ...(identity.url === null ? {} : { 'cicd.pipeline.task.run.url.full': identity.url }),
    ...run.attributes,
  };
  const name = printable(identity.name, maxName);
  const links = ids.run === null ? [] : [{ ...ids.run, attributes: {} }];
  return { ...taskSpan(at, { name, start, end, result, errorType: notExecuted ?? undefined, attributes }), links };
}

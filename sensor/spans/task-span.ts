import { later } from '../lineage/time.ts';
import type { Attributes, FinishedSpan, UnixNanos } from './finished-span.ts';
import type { Placement } from './process-span.ts';

/** The results of a task run in the semantic conventions. */
export type TaskResult = 'success' | 'failure' | 'error' | 'cancellation' | 'skip';

/** What job and step spans have in common: both are runs of a task. */
export interface TaskRun {
  name: string;
  /** `error.type` of one that failed; default: the result. */
  errorType?: string | undefined;
  start: UnixNanos;
  end: UnixNanos;
  /** `null` where nobody knows how it ended. */
  result: TaskResult | null;
  attributes: Attributes;
}

/** A job or a step. Status stays Unset unless it failed (semantic conventions, recording errors). */
export function taskSpan(at: Placement, run: TaskRun): FinishedSpan {
  const failed = run.result === 'failure' || run.result === 'error';
  return {
    ...at,
    name: run.name,
    kind: 'internal',
    start: run.start,
    end: later(run.start, run.end),
    attributes: {
      'cicd.pipeline.task.name': run.name,
      ...(run.result === null ? {} : { 'cicd.pipeline.task.run.result': run.result }),
      ...(failed ? { 'error.type': run.errorType ?? run.result ?? '' } : {}),
      ...run.attributes,
    },
    events: [],
    links: [],
    error: failed ? {} : null,
    priority: true,
  };
}

/** Why a command was not executed: `error.type` of its job. */
export type NotExecuted = 'command_not_found' | 'command_not_executable';

/** By the exit status that shells have for it; `null` for every other. */
export function whyNotExecuted(status: number): NotExecuted | null {
  if (status === 127) return 'command_not_found';
  return status === 126 ? 'command_not_executable' : null;
}

/** What an exit code and a signal say of a task; `null` while it runs. */
export function resultOfExit(exitCode: number | null, signal: number | null): TaskResult | null {
  if (exitCode === null && signal === null) return null;
  return exitCode === 0 ? 'success' : 'failure';
}

import type { TaskResult } from '../../spans/task-span.ts';
import type { StepConclusion } from '../engine.ts';

export interface ConclusionFacts {
  /** By the exit of the step's processes, as the kernel told it; `null` where that was not seen. */
  readonly exit: TaskResult | null;
  /** What the worker's log says. The job's own processes may be able to write there. */
  readonly logged: TaskResult | null;
  /** The sealed job message lets the job go on after a failure of this step. */
  readonly continueOnError: boolean;
}

/**
 * How a step ended for the runner. A log line can only make it worse (the runner knows of time limits, cancellation and broken
 * commands what no exit code says), so that a forged one hides no failure; only what was sealed before the first step can forgive.
 */
export function concludeStep({ exit, logged, continueOnError }: ConclusionFacts): StepConclusion {
  if (logged !== null && severity[logged] > severity[exit ?? 'success']) return { result: logged, source: 'log' };
  return exit === 'failure' && continueOnError
    ? { result: 'success', source: 'message' }
    : { result: exit, source: 'exit' };
}

const severity: Record<TaskResult, number> = { success: 0, skip: 0, cancellation: 1, failure: 2, error: 2 };

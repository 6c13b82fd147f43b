import type { TaskResult } from '../../spans/task-span.ts';
import type { SeenStep } from '../engine.ts';
import type { PlannedJob, PlannedStep } from './planned-job.ts';

/**
 * The checkouts that act did by itself, without a process, since the last step that was seen. `next`: the step that begins;
 * `null` for a post stage and for the end of a job that succeeded. A step that runs only after success proves that what
 * stands before it ran; before any other step, and at the end, all that must have run has to have been seen to succeed.
 */
export function unseenCheckouts({ steps }: PlannedJob, next: string | null, seen: readonly SeenStep[]): string[] {
  const results = worstOf(seen);
  const nextAt = next === null ? steps.length : steps.findIndex(({ key }) => key === next);
  const from = steps.findLastIndex(({ key }) => results.has(key)) + 1;
  const proven = nextAt >= 0 && nextAt < steps.length && steps[nextAt]?.condition !== 'status';
  const unseen: string[] = [];
  for (const [index, step] of steps.slice(0, Math.max(0, nextAt)).entries()) {
    if (index >= from && step.isOwnCheckout && !results.has(step.key)) unseen.push(step.key);
    else if (!proven && !surelySucceeded(step, results)) break;
  }
  return unseen;
}

/** Whether every step that a job runs on success was seen to succeed, but for those that nobody can see. */
export function isComplete({ steps }: PlannedJob, seen: readonly SeenStep[]): boolean {
  const results = worstOf(seen);
  return steps.every((step) => surelySucceeded(step, results) || (step.isOwnCheckout && !results.has(step.key)));
}

function surelySucceeded(step: PlannedStep, results: ReadonlyMap<string, TaskResult | null>): boolean {
  const ended = results.has(step.key) ? results.get(step.key) === 'success' : step.condition !== 'none';
  return ended || step.continueOnError;
}

/** By key: a main stage that failed stays failed, whatever its post stage does. */
function worstOf(seen: readonly SeenStep[]): Map<string, TaskResult | null> {
  const results = new Map<string, TaskResult | null>();
  for (const { key, result } of seen) {
    const known = results.get(key);
    results.set(key, known === undefined || known === 'success' ? result : known);
  }
  return results;
}

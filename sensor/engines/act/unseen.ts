import type { TaskResult } from '../../spans/task-span.ts';
import type { SeenStep } from '../engine.ts';
import type { PlannedJob, PlannedStep } from './planned-job.ts';

/**
 * The checkouts that act did by itself, without a process, since the last step that was seen. `next`: the step that begins;
 * `null` for a post stage and for the end of a job that succeeded. A step that runs only after success proves that what
 * stands before it ran; before any other step, and at the end, all that must have run has to have been seen to succeed.
 */
export function unseenCheckouts({ steps }: PlannedJob, next: string | null, seen: readonly SeenStep[]): string[] {
  const results = new Map(seen.map(({ key, result }) => [key, result]));
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

function surelySucceeded(step: PlannedStep, results: ReadonlyMap<string, TaskResult | null>): boolean {
  if (results.has(step.key)) return step.continueOnError || results.get(step.key) === 'success';
  return step.condition !== 'none';
}

import { stepInferred, stepOrdinal, stepResultSource } from '../../crds/attributes.ts';
import type { Engine } from '../engines/engine.ts';
import type { Attributes, FinishedSpan } from './finished-span.ts';
import type { JobIds } from './ids.ts';
import type { JobWriter } from './job-writer.ts';
import type { Scope } from './scope.ts';
import type { StepNames } from './step-names.ts';
import type { StepRun } from './step-run.ts';
import { type TaskRun, taskSpan } from './task-span.ts';

/** The job as its steps' spans need it. */
export interface StepSpansJob {
  readonly engine: Engine;
  readonly writer: JobWriter;
  readonly names: StepNames;
  /** From nanoseconds since boot to Unix time. */
  readonly offset: () => bigint;
  /** Gives what is left of a scope. */
  readonly flush: (scope: Scope) => void;
}

/** Gives the span of each step of one job, once, after everything that stands below it. */
export class StepSpans {
  readonly #job: StepSpansJob;

  constructor(job: StepSpansJob) {
    this.#job = job;
  }

  /** `jobEnd`: when a step ends that still runs; `null` where the job does too. */
  give(step: StepRun, jobEnd: bigint | null): void {
    if (step.sent) return;
    const { engine, writer, offset } = this.#job;
    for (const inner of step.nested) this.give(inner, jobEnd);
    this.#job.flush(step.scope);
    step.sent = true;
    step.conclusion ??= engine.conclude?.(step.view, step.exitResult) ?? null;
    for (const build of step.waiting.splice(0)) writer.give(build);
    const run = {
      start: step.start + offset(),
      end: (step.idleSince ?? jobEnd ?? step.start) + offset(),
      result: step.result,
    };
    writer.promise(1);
    writer.give((ids) => this.#span(step, ids, run));
  }

  #span(step: StepRun, ids: JobIds, run: Pick<TaskRun, 'start' | 'end' | 'result'>): FinishedSpan {
    const { names } = this.#job;
    const { name, spanId, attributes: described } = names.freeze(step, ids);
    const parentSpanId = step.outer === null ? ids.jobSpanId : names.freeze(step.outer, ids).spanId;
    const attributes = { ...this.#facts(step), ...described, ...step.scope.totals() };
    return taskSpan({ traceId: ids.traceId, spanId, parentSpanId }, { ...run, name, attributes });
  }

  #facts(step: StepRun): Attributes {
    const { view, conclusion } = step;
    return {
      'cicd.pipeline.task.run.id': this.#runId(step),
      [stepOrdinal]: view.ordinal,
      ...(conclusion === null || conclusion.result === null ? {} : { [stepResultSource]: conclusion.source }),
      ...(view.inferred ? { [stepInferred]: true } : {}),
    };
  }

  #runId({ outer, view }: StepRun): string {
    const above = outer === null ? (this.#job.writer.identity?.taskRunId ?? '') : this.#runId(outer);
    return `${above}/${view.ordinal}`;
  }
}

import type { StepConclusion, StepView } from '../engines/engine.ts';
import { later } from '../lineage/time.ts';
import type { Attributes } from './finished-span.ts';
import type { SpanBuilder } from './job-writer.ts';
import { Scope } from './scope.ts';
import { resultOfExit, type TaskResult } from './task-span.ts';

interface Root {
  end: bigint | null;
  result: TaskResult | null;
}

/** Name, span id and attributes of a step, decided once. */
export interface FrozenStep {
  readonly name: string;
  readonly spanId: string;
  readonly attributes: Attributes;
}

export interface StepPlace {
  readonly invocation: string | null;
  readonly outer: StepRun | null;
  readonly continueOnError: boolean;
  /** Of a step without a process: the time that it had. */
  readonly inferred: { readonly start: bigint; readonly end: bigint } | null;
}

/** One run of a step, or of a step nested in a composite. Times are nanoseconds since boot. */
export class StepRun {
  readonly view: StepView;
  readonly invocation: string | null;
  readonly outer: StepRun | null;
  readonly scope: Scope;
  readonly nested: StepRun[] = [];
  readonly continueOnError: boolean;
  readonly start: bigint;
  /** The kernel's id of its first process. */
  readonly rootId: string;
  frozen: FrozenStep | null = null;
  /** Spans right below the step: its id may hang on its name, and the runner writes names down a little after the process began. */
  readonly waiting: SpanBuilder[] = [];
  /** Given once it is over, by the engine or, of a pod, by the ends of its containers. */
  conclusion: StepConclusion | null = null;
  sent = false;
  /** Another step of the job began after this one was idle. */
  overtaken = false;
  readonly #inferredEnd: bigint | null;
  readonly #roots = new Map<string, Root>();

  constructor(view: StepView, rootId: string, place: StepPlace) {
    this.view = view;
    this.rootId = rootId;
    this.invocation = place.invocation;
    this.outer = place.outer;
    this.continueOnError = place.continueOnError;
    this.start = place.inferred?.start ?? view.first.time;
    this.#inferredEnd = place.inferred?.end ?? null;
    this.scope = new Scope(this);
    place.outer?.nested.push(this);
  }

  beginRoot(id: string): void {
    this.#roots.set(id, { end: null, result: null });
  }

  endRoot(id: string, end: bigint, exit: { exitCode: number | null; signal: number | null }): void {
    const root = this.#roots.get(id);
    if (root === undefined) return;
    root.end = end;
    root.result = resultOfExit(exit.exitCode, exit.signal);
  }

  /** When its last process (of a composite: its last nested step) ended; `null` while one runs. */
  get idleSince(): bigint | null {
    const ends = [...[...this.#roots.values()].map((root) => root.end), ...this.nested.map((step) => step.idleSince)];
    return ends.includes(null)
      ? null
      : ends.reduce<bigint>((latest, end) => later(latest, end ?? latest), this.#inferredEnd ?? this.start);
  }

  get result(): TaskResult | null {
    return this.conclusion === null ? this.exitResult : this.conclusion.result;
  }

  /** Failure if any part of it failed that may not fail, `null` if a part of it never told. */
  get exitResult(): TaskResult | null {
    const results = [
      ...[...this.#roots.values()].map((root) => root.result),
      ...this.nested.map(({ result, continueOnError }) =>
        continueOnError && result === 'failure' ? 'success' : result,
      ),
    ];
    if (results.includes('failure')) return 'failure';
    return results.includes(null) ? null : 'success';
  }

  /** A composite may go on after a pause; it is over only once another step began. */
  isOver(): boolean {
    return this.idleSince !== null && (this.nested.length === 0 || this.overtaken);
  }
}

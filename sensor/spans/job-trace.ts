import type { ExecEvent } from '../decode/process-events.ts';
import type { Engine, JobHandle, JobIdentity, StepKey } from '../engines/engine.ts';
import type { Hit } from '../findings/detector.ts';
import type { Attributes } from './finished-span.ts';
import { type ActivityOptions, JobActivity } from './job-activity.ts';
import { jobSpan } from './job-span.ts';
import { type JobSinks, JobWriter } from './job-writer.ts';
import { Scope, totalsOf } from './scope.ts';
import { StepList } from './step-list.ts';
import { StepNames } from './step-names.ts';
import { StepSpans } from './step-spans.ts';
import type { NotExecuted, TaskResult } from './task-span.ts';

/** How long a step must be idle before its span is given: a step can consist of several processes, one after the other. */
const settleNanos = 2_000_000_000n;

export interface JobOptions extends ActivityOptions {
  readonly engine: Engine;
  /** The engine's key of the job. */
  readonly key: string | null;
  /** Nanoseconds since boot, as every time in here. */
  readonly start: bigint;
  /** The beginning was not seen, since this process was started again. */
  readonly resumed: boolean;
  readonly sinks: JobSinks;
}

/** One job on its way to being a trace: who it is, its steps as they come and go, and its end. What its processes do is its {@link JobActivity}. */
export class JobTrace {
  readonly key: string | null;
  readonly start: bigint;
  readonly writer: JobWriter;
  readonly scope: Scope;
  readonly steps: StepList;
  readonly activity: JobActivity;
  end: bigint | null = null;
  result: TaskResult | null = null;
  /** Of a command that was never executed. */
  notExecuted: NotExecuted | null = null;
  sealed = false;
  #firstStep: ExecEvent | null = null;
  readonly #engine: Engine;
  readonly #handle: JobHandle;
  readonly #settings: JobOptions['settings'];
  readonly #stepSpans: StepSpans;

  constructor(options: JobOptions) {
    const { key, runner, start, engine, settings, budget } = options;
    this.key = key;
    this.start = start;
    this.#engine = engine;
    this.#settings = settings;
    this.scope = new Scope(null, budget.jobSummaries);
    this.writer = new JobWriter(budget, options.sinks, settings.redact);
    const startMs = options.resumed ? null : Number((start + settings.offset()) / 1_000_000n);
    this.#handle = { key, runner, startMs };
    this.steps = new StepList(this.#handle, { engine, start });
    const { scope, writer } = this;
    const names = new StepNames(this.steps, engine, writer);
    const workspace = () => this.#firstStep?.cwd ?? null;
    this.activity = new JobActivity({ scope, scopes: () => this.scopes(), names, writer, workspace }, options);
    const flush = (scope: Scope) => this.activity.flush(scope);
    this.#stepSpans = new StepSpans({ engine, writer, names, offset: settings.offset, flush });
  }

  /** From nanoseconds since boot to Unix time. */
  get offset(): bigint {
    return this.#settings.offset();
  }

  /** The scope that a direct child of the runner belongs to. Its first process begins the step. */
  place(event: ExecEvent, keys: readonly StepKey[]): Scope {
    const step = this.steps.enter(event, keys);
    if (step === null) return this.scope;
    this.#firstStep ??= event;
    return step.scope;
  }

  /** Tells people what was found although nobody knows yet whose job this is. */
  tellEarly(): void {
    if (!this.writer.holdsNotices) return;
    this.writer.tellEarly(() => this.#askEngine(false), this.#settings.policy().scope);
  }

  /** Asks the engine who this job is, until it knows. */
  identify(taken: Set<string>, sensor: () => Attributes): void {
    if (this.writer.identity !== null) return;
    const identity = this.#askEngine(this.end !== null);
    const { scope } = this.#settings.policy();
    if (identity !== null) this.writer.identify(identity, taken, { sensor: sensor(), scope });
  }

  /** Something was found of the job as a whole. */
  found(hit: Hit, time: bigint): void {
    if (!this.sealed) this.activity.found(hit, time);
  }

  /** Gives the spans of steps that are over, and finds what was left running. */
  settle(now: bigint): void {
    this.activity.settle(now);
    for (const step of this.steps.unsent()) {
      const idle = step.idleSince;
      if (idle === null || !step.isOver() || now - idle < settleNanos) continue;
      this.activity.stepSettled(step.scope, now);
      this.#stepSpans.give(step, this.end);
    }
  }

  /** Gives the remaining steps and, last, the job itself. Later spans of processes left behind still find their parents. */
  seal(attributes: Attributes): void {
    if (this.sealed) return;
    this.endConnections(this.start);
    this.activity.endAgents();
    this.sealed = true;
    for (const step of this.steps.unsent()) this.#stepSpans.give(step, this.end);
    for (const scope of this.scopes()) this.activity.giveFindings(scope);
    this.activity.flush(this.scope);
    this.#give(attributes);
  }

  /** Tells what is open as being so when the job ended or, of a job that has not ended or that left something behind, at `time`. */
  endConnections(time: bigint): void {
    this.activity.endConnections(this.sealed ? time : (this.end ?? time));
  }

  /** After everything else: what was folded since the steps were given. */
  flush(): void {
    this.endConnections(this.end ?? this.start);
    for (const scope of this.scopes().reverse()) this.activity.flush(scope);
  }

  total(count: (scope: Scope) => number): number {
    return this.scopes().reduce((sum, scope) => sum + count(scope), 0);
  }

  scopes(): Scope[] {
    return [this.scope, ...this.steps.all().map((step) => step.scope)];
  }

  /** `ended`: the engine is told that nothing more of the job will show who it is. */
  #askEngine(ended: boolean): JobIdentity | null {
    return this.#engine.identify({ ...this.#handle, firstStep: this.#firstStep, ended });
  }

  #give(attributes: Attributes): void {
    const { offset, result, notExecuted } = this;
    const times = { start: this.start + offset, end: (this.end ?? this.start) + offset };
    this.writer.promise(1);
    this.writer.give((ids) => {
      const identity = this.writer.identity as JobIdentity;
      return jobSpan(ids, identity, {
        ...times,
        result,
        notExecuted,
        attributes: { ...this.#totals(), ...attributes },
      });
    });
  }

  #totals(): Attributes {
    return {
      'chaperone.steps.count': this.steps.count,
      ...totalsOf(this.scopes()),
      ...this.activity.totals(),
      'chaperone.coverage.spans.given': this.writer.spans,
    };
  }
}

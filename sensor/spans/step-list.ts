import type { ExecEvent } from '../decode/events.ts';
import type { JobHandle, StepKey, StepView } from '../engines/engine.ts';
import { later } from '../lineage/time.ts';
import { StepRun } from './scope.ts';

/** A workflow's job has at most a few hundred steps; the direct children of a runner could be more. */
const maxSteps = 1_000;

/** The steps of one job in order of beginning. */
export class StepList {
  /** Processes that found no step, because there were too many. */
  overflow = 0;
  readonly #job: JobHandle;
  readonly #outermost: StepRun[] = [];
  readonly #instances = new Map<string, number>();
  #total = 0;

  constructor(job: JobHandle) {
    this.#job = job;
  }

  /** The step that a direct child of the runner belongs to, begun by it if need be; `null` if it is no step's. */
  enter(event: ExecEvent, keys: readonly StepKey[]): StepRun | null {
    let step: StepRun | null = null;
    for (const key of keys) {
      step = this.#running(key, step) ?? this.#begin(event, key, step);
      if (step === null) return null;
    }
    step?.beginRoot(event.root ?? event.image);
    return step;
  }

  /** The number of steps, without those nested in composites. */
  get count(): number {
    return this.#outermost.length;
  }

  /** Inner steps before their outer ones, else in order of beginning. */
  all(): StepRun[] {
    return this.#outermost.flatMap((step) => [...step.nested, step]);
  }

  unsent(): StepRun[] {
    return this.all().filter((step) => !step.sent);
  }

  /** When the last step ended; `null` while one runs, and without any. */
  get idleSince(): bigint | null {
    const ends = this.#outermost.map((step) => step.idleSince);
    return ends.includes(null)
      ? null
      : ends.reduce<bigint | null>((latest, end) => later(latest ?? 0n, end ?? 0n), null);
  }

  before(step: StepRun): StepRun[] {
    return this.#outermost.slice(0, this.#outermost.indexOf(step));
  }

  outermost(): readonly StepRun[] {
    return this.#outermost;
  }

  #running(key: StepKey, outer: StepRun | null): StepRun | null {
    const siblings = outer === null ? this.#outermost : outer.nested;
    const last = siblings.findLast((step) => step.view.key === key.key);
    if (last === undefined) return null;
    const same = key.invocation === null ? !last.overtaken : last.invocation === key.invocation;
    return same ? last : null;
  }

  #begin(event: ExecEvent, key: StepKey, outer: StepRun | null): StepRun | null {
    if (this.#total >= maxSteps) {
      this.overflow += 1;
      return null;
    }
    this.#total += 1;
    const step = new StepRun(this.#view(event, key, outer), event.root ?? event.image, {
      invocation: key.invocation,
      outer,
    });
    if (outer === null) this.#overtake(step);
    return step;
  }

  #view(event: ExecEvent, key: StepKey, outer: StepRun | null): StepView {
    const name = outer === null ? key.key : `${outer.view.key}\0${key.key}`;
    const instance = (this.#instances.get(name) ?? 0) + 1;
    this.#instances.set(name, instance);
    const ordinal = (outer === null ? this.#outermost : outer.nested).length + 1;
    return { key: key.key, instance, ordinal, outer: outer?.view ?? null, job: this.#job, first: event };
  }

  /** Steps that are idle when another begins are over, unless they run beside it. */
  #overtake(step: StepRun): void {
    for (const earlier of this.#outermost) if (earlier.idleSince !== null) earlier.overtaken = true;
    this.#outermost.push(step);
  }
}

import type { ExecEvent } from '../decode/process-events.ts';
import type { Engine, JobHandle, SeenStep, StepKey, StepView } from '../engines/engine.ts';
import { later } from '../lineage/time.ts';
import { type StepPlace, StepRun } from './step-run.ts';

/** A workflow's job has at most a few hundred steps; the direct children of a runner could be more. */
const maxSteps = 1_000;

/** The steps of one job in order of beginning. */
export class StepList {
  /** Processes that found no step, because there were too many. */
  overflow = 0;
  readonly #job: JobHandle;
  /** The job's, in nanoseconds since boot. */
  readonly #start: bigint;
  readonly #unseenSteps: NonNullable<Engine['unseenSteps']>;
  readonly #outermost: StepRun[] = [];
  readonly #instances = new Map<string, number>();
  #total = 0;

  constructor(job: JobHandle, { engine, start }: { engine: Engine; start: bigint }) {
    this.#job = job;
    this.#start = start;
    this.#unseenSteps = (...asked) => engine.unseenSteps?.(...asked) ?? [];
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

  /** Adds the steps that ran unseen at the end of a job whose runner succeeded. */
  complete(end: bigint): void {
    const first = this.#outermost[0]?.view.first;
    if (first !== undefined) this.#infer(null, first, end);
  }

  /** The number of steps, without those nested in composites. */
  get count(): number {
    return this.#outermost.length;
  }

  /** Inner steps before their outer ones, else in order of beginning. */
  all(): StepRun[] {
    return this.#outermost.flatMap(innermostFirst);
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

  /** The steps that ran, without those nested in composites. */
  seen(): SeenStep[] {
    return this.#outermost.map(({ view, result }) => ({ key: view.key, result }));
  }

  #running(key: StepKey, outer: StepRun | null): StepRun | null {
    const siblings = outer === null ? this.#outermost : outer.nested;
    const last = siblings.findLast((step) => step.view.key === key.key);
    if (last === undefined) return null;
    const same = key.invocation === null ? !last.overtaken : last.invocation === key.invocation;
    return same ? last : null;
  }

  #begin(event: ExecEvent, key: StepKey, outer: StepRun | null): StepRun | null {
    const { invocation, continueOnError = false } = key;
    const place = { invocation, outer, continueOnError, inferred: null };
    if (outer === null) this.#infer(this.#view(event, key.key, place), event, event.time);
    const step = this.#add(event, key.key, place);
    if (step !== null && outer === null) this.#overtake(step);
    return step;
  }

  /** Before `next` begins; a step's ordinal is known to others once it was sent, so that none can be put in afterwards. */
  #infer(next: StepView | null, event: ExecEvent, end: bigint): void {
    for (const key of this.#unseenSteps(this.#job, next, this.seen())) {
      const start = this.#outermost.at(-1)?.idleSince ?? (this.#outermost.length === 0 ? this.#start : end);
      this.#add(event, key, { invocation: null, outer: null, continueOnError: false, inferred: { start, end } });
    }
  }

  #add(event: ExecEvent, key: string, place: StepPlace): StepRun | null {
    if (this.#total >= maxSteps) {
      this.overflow += 1;
      return null;
    }
    this.#total += 1;
    const view = this.#view(event, key, place);
    this.#instances.set(nameOf(view), view.instance);
    const step = new StepRun(view, event.root ?? event.image, place);
    if (place.outer === null) this.#outermost.push(step);
    return step;
  }

  #view(event: ExecEvent, key: string, { outer, inferred }: StepPlace): StepView {
    const ordinal = (outer === null ? this.#outermost : outer.nested).length + 1;
    const place = {
      key,
      ordinal,
      outer: outer?.view ?? null,
      job: this.#job,
      startMs: this.#job.startMs === null ? null : this.#job.startMs + Number((event.time - this.#start) / 1_000_000n),
      first: event,
      inferred: inferred !== null,
    };
    return { ...place, instance: (this.#instances.get(nameOf(place)) ?? 0) + 1 };
  }

  /** Steps that are idle when another begins are over, unless they run beside it. */
  #overtake(step: StepRun): void {
    for (const earlier of this.#outermost) if (earlier !== step && earlier.idleSince !== null) earlier.overtaken = true;
  }
}

function innermostFirst(step: StepRun): StepRun[] {
  return [...step.nested.flatMap(innermostFirst), step];
}

function nameOf({ key, outer }: Pick<StepView, 'key' | 'outer'>): string {
  return outer === null ? key : `${outer.key}\0${key}`;
}

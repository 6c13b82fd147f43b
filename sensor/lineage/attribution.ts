import type { KernelEventFields } from '../decode/event-fields.ts';
import type { ExecEvent, ExitEvent } from '../decode/process-events.ts';
import type { Engine } from '../engines/engine.ts';
import type { JobTrace } from '../spans/job-trace.ts';
import type { Scope } from '../spans/scope.ts';
import type { TaskResult } from '../spans/task-span.ts';
import { Containers } from './containers.ts';
import type { Coverage } from './coverage.ts';
import type { ProcessImage } from './process-table.ts';

/** Where something that happened belongs. */
export interface Place {
  readonly job: JobTrace;
  readonly scope: Scope;
}

export interface JobStart {
  /** The engine's key of the job. */
  readonly key: string | null;
  /** The image of its runner. */
  readonly runner: string | null;
  /** Nanoseconds since boot. */
  readonly start: bigint;
  /** The beginning was not seen, since this process was started again. */
  readonly resumed: boolean;
}

interface Runner {
  /** Nanoseconds since boot. */
  readonly start: bigint;
  /** Whose end is the runner's: a child that only forked has the same image. */
  readonly pid: number;
  /** Known only by its children: its own execution was not seen. */
  readonly resumed: boolean;
  /** Its container, and how it came into it. */
  readonly home: string;
  readonly jobs: JobTrace[];
}

const maxRoots = 8_192;
const maxRunners = 64;

/**
 * Says which job and step a process belongs to: always by descent, as the kernel inherited it (`root`), never by time.
 * A root's place is decided at its first execution, when only the runner has spoken, and never again.
 */
export class Attribution {
  readonly engine: Engine;
  readonly jobs: JobTrace[] = [];
  readonly containers = new Containers();
  readonly #openJob: (job: JobStart) => JobTrace;
  readonly #coverage: Coverage;
  /** `null`: the runner's own business, outside of its jobs. */
  readonly #roots = new Map<string, Place | null>();
  /** Steps' first images, by image id: their end is the step's. */
  readonly #rootImages = new Map<string, { scope: Scope; rootId: string }>();
  readonly #runners = new Map<string, Runner>();
  #everything: Place | null = null;
  /** Of steps that begin with an entry: everything that descends from it, image by image. */
  readonly #entered = new WeakMap<ProcessImage, Place>();
  /** The images of a step's first process, to the id of the first of them. */
  readonly #firstImages = new WeakMap<ProcessImage, string>();
  /** The last runner that ended without a job. */
  idle: { readonly start: bigint; readonly end: bigint; readonly result: TaskResult } | null = null;

  constructor(engine: Engine, openJob: (job: JobStart) => JobTrace, coverage: Coverage) {
    this.engine = engine;
    this.#openJob = openJob;
    this.#coverage = coverage;
  }

  /**
   * False: while a runner works, what calls itself one in another container, or was executed into this one from outside, is a process
   * like any other. A step can start containers whose processes do not descend from it.
   */
  runnerBegan(event: ExecEvent): boolean {
    if (!this.#mayBeRunner(event)) return false;
    const runner = this.#addRunner(event, { image: event.image, pid: event.pid, resumed: false });
    if (this.engine.jobsBeginWith === 'runner') this.#open(null, event, { image: event.image, runner });
    return true;
  }

  /** `null`: not part of any job. `isStepRoot`: the first process of a step. */
  placeProcess(event: ExecEvent, image: ProcessImage): (Place & { isStepRoot: boolean }) | null {
    this.containers.executed(event, image);
    if (this.engine.jobsBeginWith === 'anything') return this.#placeInEverything(event, image);
    if (this.engine.jobsBeginWith === 'entry') return this.#placeByEntry(event, image);
    const known = event.root === null ? undefined : this.#roots.get(event.root);
    if (known !== undefined) return known === null ? null : { ...known, isStepRoot: false };
    if (event.root !== null && event.isRunnerChild && this.#isChildOfRunner(event))
      return this.#placeRoot(event, event.root, image);
    const job = this.#openedJob();
    if (job === null) return null;
    if (event.root !== null) this.#coverage.unattributed += 1;
    return { job, scope: job.scope, isStepRoot: false };
  }

  /** For what a process did that is not known here: the runner itself, or one that began before. */
  placeUnknown(event: KernelEventFields): Place | null {
    if (this.#everything !== null) return this.#everything;
    const known = event.root === null ? undefined : this.#roots.get(event.root);
    if (known !== undefined) return known;
    const isJobs = this.engine.jobsBeginWith === 'entry' || this.#runners.has(event.image) || event.root !== null;
    const job = isJobs ? this.#openedJob() : null;
    return job === null ? null : { job, scope: job.scope };
  }

  /** Tells the step whose process this image was. */
  imageEnded(image: ProcessImage): void {
    const root = this.#rootImages.get(image.id);
    if (root === undefined || image.end === null) return;
    this.#rootImages.delete(image.id);
    root.scope.step?.endRoot(root.rootId, image.end, image);
  }

  /** The jobs that end with this process, their result and end set. */
  processEnded(event: ExitEvent): JobTrace[] {
    const runner = this.#runners.get(event.image);
    if (runner?.pid !== event.pid) return [];
    this.#runners.delete(event.image);
    const only = runner.jobs.length === 1;
    const outcome = this.engine.resultOf(event, { key: null, seen: [], only: true });
    if (runner.jobs.length === 0) this.idle = { start: runner.start, end: event.time, result: outcome };
    for (const job of runner.jobs) {
      job.result = this.engine.resultOf(event, { key: job.key, seen: job.steps.seen(), only });
      // Of several jobs the runner's end is only the last one's.
      job.end = only ? event.time : (job.steps.idleSince ?? event.time);
      if (outcome === 'success') job.steps.complete(job.end);
    }
    return runner.jobs;
  }

  /** Drops the oldest jobs that were given, beyond `most`. */
  forget(most: number): void {
    for (let oldest = this.jobs[0]; this.jobs.length > most && oldest?.sealed === true; oldest = this.jobs[0]) {
      oldest.flush();
      this.jobs.shift();
    }
  }

  #placeInEverything(event: ExecEvent, image: ProcessImage): Place & { isStepRoot: boolean } {
    if (this.#everything !== null) return { ...this.#everything, isStepRoot: false };
    const job = this.jobs[0] ?? this.#open(null, event, null);
    const { steps, endsWithFirst } = this.engine.place(event);
    const scope = job.place(event, steps);
    this.#everything = { job, scope };
    if (endsWithFirst) this.#rootImages.set(image.id, { scope, rootId: event.root ?? event.image });
    return { job, scope, isStepRoot: endsWithFirst };
  }

  /** What descends from a step's first process is the step's; the rest, also what cannot be followed up to one, is the job's. */
  #placeByEntry(event: ExecEvent, image: ProcessImage): Place & { isStepRoot: boolean } {
    const job = this.jobs[0] ?? this.#open(null, event, null);
    const above = image.parent === null ? undefined : this.#entered.get(image.parent);
    if (above !== undefined) return this.#placeBelowEntry(above, image);
    const isCutOff = image.parent === null && event.parentImage !== null;
    if (isCutOff) this.#coverage.unattributed += 1;
    const { steps } = isCutOff ? { steps: [] } : this.engine.place(event);
    const scope = job.place(event, steps);
    if (scope.step === null) return { job, scope, isStepRoot: false };
    this.#entered.set(image, { job, scope });
    this.#firstImages.set(image, image.id);
    keepBounded(this.#rootImages, image.id, { scope, rootId: event.root ?? event.image }, maxRoots);
    return { job, scope, isStepRoot: true };
  }

  #placeBelowEntry(above: Place, image: ProcessImage): Place & { isStepRoot: boolean } {
    this.#entered.set(image, above);
    const first = image.replaced === null ? undefined : this.#firstImages.get(image.replaced);
    if (first !== undefined) {
      this.#firstImages.set(image, first);
      this.engine.goesOver?.(first, image);
    }
    return { ...above, isStepRoot: false };
  }

  #placeRoot(event: ExecEvent, rootId: string, image: ProcessImage): (Place & { isStepRoot: boolean }) | null {
    const runnerImage = event.parentImage ?? '';
    // A runner whose own execution was not seen (this process was started again) shows itself by its child.
    const runner =
      this.#runners.get(runnerImage) ??
      this.#addRunner(event, { image: runnerImage, pid: event.parentPid, resumed: true });
    const { jobKey, steps } = this.engine.place(event);
    const job = this.#jobFor(jobKey, event, { image: runnerImage, runner });
    if (job === null) {
      keepBounded(this.#roots, rootId, null, maxRoots);
      return null;
    }
    const scope = job.place(event, steps);
    keepBounded(this.#roots, rootId, { job, scope }, maxRoots);
    if (scope.step !== null) keepBounded(this.#rootImages, image.id, { scope, rootId }, maxRoots);
    return { job, scope, isStepRoot: scope.step !== null };
  }

  /** Where jobs have keys, a child without one is the runner's own business. */
  #jobFor(key: string | null, event: ExecEvent, by: { image: string; runner: Runner }): JobTrace | null {
    const { jobs } = by.runner;
    if (this.engine.jobsBeginWith === 'runner') return jobs[0] ?? this.#open(null, event, by);
    return key === null ? null : (jobs.find((job) => job.key === key) ?? this.#open(key, event, by));
  }

  #isChildOfRunner(event: ExecEvent): boolean {
    return this.#runners.has(event.parentImage ?? '') || this.#mayBeRunner(event);
  }

  #mayBeRunner(event: ExecEvent): boolean {
    const working = [...this.#runners.values()];
    return working.length === 0 || working.some(({ home }) => home === homeOf(event));
  }

  #openedJob(): JobTrace | null {
    return this.jobs.find((job) => job.end === null) ?? null;
  }

  #addRunner(event: ExecEvent, { image, pid, resumed }: { image: string; pid: number; resumed: boolean }): Runner {
    const runner: Runner = { pid, resumed, home: homeOf(event), start: event.time, jobs: [] };
    keepBounded(this.#runners, image, runner, maxRunners);
    return runner;
  }

  #open(key: string | null, event: ExecEvent, by: { image: string; runner: Runner } | null): JobTrace {
    const resumed = by?.runner.resumed ?? false;
    const job = this.#openJob({ key, runner: by?.image ?? null, start: event.time, resumed });
    this.jobs.push(job);
    by?.runner.jobs.push(job);
    return job;
  }
}

function homeOf({ cgroupId, origin }: ExecEvent): string {
  return `${cgroupId} ${origin}`;
}

function keepBounded<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.set(key, value);
  if (map.size <= most) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    break;
  }
}

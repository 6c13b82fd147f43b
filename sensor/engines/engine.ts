import type { ExecEvent } from '../decode/process-events.ts';
import type { ProcessImage } from '../lineage/process-table.ts';
import type { Attributes } from '../spans/finished-span.ts';
import type { RunKey } from '../spans/ids.ts';
import type { SecretHints } from '../spans/redaction/masks.ts';
import type { TaskResult } from '../spans/task-span.ts';

export type EngineName = 'github-actions' | 'github-job-pod' | 'act' | 'generic';

/** Where a direct child of the runner belongs. */
export interface RootPlacement {
  /** Tells the runner's jobs apart where a runner has several; `null`: the process is of no job. */
  readonly jobKey: string | null;
  /** From the outermost step inwards, at most two; empty: no step, the process hangs at the job. */
  readonly steps: readonly StepKey[];
  /** Engines of one step only: the step ends with its first process (a command), not with the job (a pod). */
  readonly endsWithFirst: boolean;
}

export interface StepKey {
  /** The engine's key of the step, the same in its pre, main and post stage. */
  readonly key: string;
  /** Distinguishes one stage's run from another's; `null`: one run as long as no other step begins. */
  readonly invocation: string | null;
  /** The job, or the composite that the step stands in, goes on as if it had succeeded. */
  readonly continueOnError?: boolean;
}

/** A step as its first process showed it; everything in it is the job's own word. */
export interface StepView {
  readonly key: string;
  /** How often the key has begun so far, from 1. */
  readonly instance: number;
  /** Order of beginning within the job (of a nested step: within the outer one), from 1. */
  readonly ordinal: number;
  readonly outer: StepView | null;
  readonly job: JobHandle;
  /** Unix milliseconds; `null` if the job's beginning was not seen. */
  readonly startMs: number | null;
  /** The exec of its first process; of an inferred step, of the first process after it or, at the job's end, of the job. */
  readonly first: ExecEvent;
  /** No process of it was seen: see {@link Engine.unseenSteps}. */
  readonly inferred: boolean;
}

/** A step that is known to have run, and how it ended; `null` while it runs. */
export interface SeenStep {
  readonly key: string;
  readonly result: TaskResult | null;
}

/** How a step ended, and whose word that is. */
export interface StepConclusion {
  readonly result: TaskResult | null;
  /** Its processes' exit, the ends of the pod's containers, the runner's log, or the job's description as it was sealed before the first step. */
  readonly source: 'exit' | 'container' | 'log' | 'message';
}

export interface StepDescription {
  readonly name: string;
  readonly attributes: Attributes;
}

export interface JobHandle {
  /** The engine's key of the job. */
  readonly key: string | null;
  /** The image of the job's runner, distinct for every job of engines where the runner begins it. */
  readonly runner: string | null;
  /** Unix milliseconds; `null` if the beginning was not seen. */
  readonly startMs: number | null;
}

export interface JobView extends JobHandle {
  /** The first process of a first step; `null` before. */
  readonly firstStep: ExecEvent | null;
  readonly ended: boolean;
}

export interface JobIdentity {
  readonly name: string;
  readonly run: RunKey;
  /** `cicd.pipeline.task.run.id`, unique within the run. */
  readonly taskRunId: string;
  readonly url: string | null;
  /** What the engine says of the job's secrets; default: nothing. */
  readonly secrets?: SecretHints | undefined;
  /** What the job is of: service, pipeline, worker, version control. */
  readonly resource: Attributes;
}

export interface RunnerExit {
  readonly code: number;
  readonly signal: number;
}

/** What is known of a job when its runner ends. */
export interface EndedJob {
  /** The engine's key of the job. */
  readonly key: string | null;
  readonly seen: readonly SeenStep[];
  /** The runner had no other job. */
  readonly only: boolean;
}

/** How one CI engine's processes show its jobs and steps. */
export interface Engine {
  readonly name: EngineName;
  /**
   * What begins a job: the runner's exec, a direct child of the runner that names a new job, or simply the first process. `entry`: that too,
   * but steps begin with processes that enter the pod from outside.
   */
  readonly jobsBeginWith: 'runner' | 'child' | 'anything' | 'entry';
  isRunner(event: ExecEvent): boolean;
  place(event: ExecEvent): RootPlacement;
  /** Of `entry`: the first process of a step, by its first image's id, executes another program. */
  goesOver?(step: string, image: ProcessImage): void;
  /** Names and ids, `null` while they may still be learnt; asked until given, and from then on frozen. */
  identify(job: JobView): JobIdentity | null;
  /** The answer counts that is given when the step's span id is first needed; those before it are for what cannot wait. */
  describe(step: StepView): StepDescription;
  /** Asked once, when the step is over; `exit`: what its processes' exits say. Default: that. */
  conclude?(step: StepView, exit: TaskResult | null): StepConclusion;
  /**
   * The keys of steps that must have run by themselves, without a process, after those `seen` and before `next` begins
   * (`null`: before the end of a job whose runner succeeded). Default: none.
   */
  unseenSteps?(job: JobHandle, next: StepView | null, seen: readonly SeenStep[]): readonly string[];
  resultOf(exit: RunnerExit, job: EndedJob): TaskResult;
}

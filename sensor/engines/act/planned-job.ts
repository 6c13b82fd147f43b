/** A job as its workflow file plans it. */
export interface PlannedJob {
  /** Display name: expressions that only the run can know stand as written. */
  readonly name: string;
  readonly steps: readonly PlannedStep[];
}

/** A step of a job, or of a local composite action that the job uses. */
export interface PlannedStep {
  /** Its place, unique in the job: `#2`, inside a composite `#2/0`. */
  readonly key: string;
  /** What act calls it: its id, else its index from 0. */
  readonly id: string;
  /** How act names its script without the ending: the ids from outside inwards (act: pkg/runner/step_run.go). */
  readonly stem: string;
  /** The folder of the composite action that it stands in, relative to the repository; `null`: it stands in the job. */
  readonly folder: string | null;
  readonly name: string;
  /** The action that it uses; `null` for a script. */
  readonly uses: string | null;
  readonly condition: Condition;
  readonly continueOnError: boolean;
  /** act does it by itself: no process ever exists. */
  readonly isOwnCheckout: boolean;
  /** The steps of a local composite action. */
  readonly nested: readonly PlannedStep[];
}

/** `none`: it runs as long as no step failed; `success`: only then, and perhaps not; `status`: perhaps also after a failure. */
export type Condition = 'none' | 'success' | 'status';

/** A step's place among others, from the outermost step inwards. */
export type StepPath = readonly PlannedStep[];

/** Every step and those nested in it, in the order in which they run. */
export function pathsOf(steps: readonly PlannedStep[], above: StepPath = []): StepPath[] {
  return steps.flatMap((step) => {
    const path = [...above, step];
    return [path, ...pathsOf(step.nested, path)];
  });
}

export function findStep(job: PlannedJob | null, key: string): PlannedStep | null {
  let steps = job?.steps ?? [];
  let found: PlannedStep | null = null;
  for (const index of key.startsWith('#') ? key.slice(1).split('/') : []) {
    found = steps[Number(index)] ?? null;
    steps = found?.nested ?? [];
  }
  return found;
}

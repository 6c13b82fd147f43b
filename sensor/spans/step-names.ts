import type { Engine } from '../engines/engine.ts';
import type { JobIds } from './ids.ts';
import type { JobWriter } from './job-writer.ts';
import type { StepList } from './step-list.ts';
import type { FrozenStep, StepRun } from './step-run.ts';
import { maxName, printable } from './text.ts';

/** What the steps of one job are called, and the span ids that hang on that; each is decided once. */
export class StepNames {
  readonly #steps: StepList;
  readonly #engine: Engine;
  readonly #writer: JobWriter;

  constructor(steps: StepList, engine: Engine, writer: JobWriter) {
    this.#steps = steps;
    this.#engine = engine;
    this.#writer = writer;
  }

  /** Names are decided in order of beginning, so that equal names are numbered the same whichever step ends first. */
  freeze(step: StepRun, ids: JobIds): FrozenStep {
    if (step.frozen !== null) return step.frozen;
    if (step.outer === null) for (const earlier of this.#steps.before(step)) this.#freezeOne(earlier, ids);
    return this.#freezeOne(step, ids);
  }

  /** A step that waits for its name may be called otherwise later, and its id hangs on that. */
  now(step: StepRun): { name: string; spanId: string | null } {
    return step.frozen ?? { name: this.#shown(this.#engine.describe(step.view).name), spanId: null };
  }

  #freezeOne(step: StepRun, ids: JobIds): FrozenStep {
    if (step.frozen !== null) return step.frozen;
    const { name, attributes } = this.#engine.describe(step.view);
    const spanId =
      step.outer === null ? ids.step(name, step.view.ordinal) : ids.below('step', step.rootId, depthKey(step));
    step.frozen = { name: this.#shown(name), spanId, attributes };
    return step.frozen;
  }

  #shown(name: string): string {
    return printable(this.#withoutSecrets(name), maxName);
  }

  /** A step without a name is called after its script's first line, which is a command line like any other. */
  #withoutSecrets(name: string): string {
    const { redactor } = this.#writer;
    return name.startsWith('Run ') ? redactor.script(name) : redactor.text(name);
  }
}

/** A composite in a composite begins with the same process as its first step. */
function depthKey(step: StepRun): string {
  return step.outer?.outer === null ? '' : step.view.key;
}

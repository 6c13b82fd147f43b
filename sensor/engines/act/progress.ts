import { posix } from 'node:path';
import type { ExecEvent } from '../../decode/process-events.ts';
import type { StepKey } from '../engine.ts';
import { type PlannedJob, pathsOf, type StepPath } from './planned-job.ts';

/**
 * Finds a running job's processes in its plan. A script says exactly where it stands; an action's process says only what
 * it is called and in which composite action, which may be used twice: then the order decides, in which steps run once
 * from first to last and their post stages once from last to first.
 */
export class JobProgress {
  readonly #paths: readonly StepPath[];
  /** How often a step's process began, by the step's key: the second is its post stage. */
  readonly #begun = new Map<string, number>();
  #at = -1;

  constructor(job: PlannedJob) {
    this.#paths = pathsOf(job.steps);
  }

  /** The step that a direct child of act belongs to, from the outermost inwards; `null` if the plan has none. */
  place(event: ExecEvent): StepKey[] | null {
    const script = scriptStem(event.argv);
    const candidates = this.#paths.filter((path) => (script === null ? isAction(path, event) : isScript(path, script)));
    const path = this.#choose(candidates);
    if (path === null) return null;
    const leaf = path.at(-1)?.key ?? '';
    const times = (this.#begun.get(leaf) ?? 0) + 1;
    this.#begun.set(leaf, times);
    this.#at = Math.max(this.#at, this.#paths.indexOf(path));
    const root = event.root ?? event.image;
    const stage = times === 1 ? 'main' : 'post';
    return path.map(({ key, continueOnError }) => ({ key, invocation: key === leaf ? root : stage, continueOnError }));
  }

  #choose(candidates: readonly StepPath[]): StepPath | null {
    const begun = (path: StepPath) => this.#begun.get(path.at(-1)?.key ?? '') ?? 0;
    return (
      candidates.find((path) => begun(path) === 0 && this.#paths.indexOf(path) > this.#at) ??
      candidates.findLast((path) => begun(path) === 1) ??
      candidates.at(-1) ??
      null
    );
  }
}

/** `…/act/workflow/<step>.sh`, in composites `<outer>-composite-<inner>.sh` (act: pkg/runner/step_run.go). */
export function scriptStem(argv: readonly string[]): string | null {
  for (const argument of argv.slice(1)) {
    const stem = /\/act\/workflow\/([^/]+?)(?:\.[a-z0-9]{1,4})?'?$/.exec(argument)?.[1];
    if (stem !== undefined) return stem;
  }
  return null;
}

function isScript(path: StepPath, stem: string): boolean {
  const step = path.at(-1);
  return step !== undefined && step.uses === null && step.stem === stem;
}

function isAction(path: StepPath, { env }: ExecEvent): boolean {
  const { GITHUB_ACTION: id = '', GITHUB_ACTION_PATH: folder = '' } = env;
  const step = path.at(-1);
  if (step === undefined || step.uses === null || step.id !== id || step.nested.length > 0) return false;
  return step.folder === null ? folder === '' : isFolder(folder, step.folder);
}

/** act has the repository in a folder of its own, or with `--bind` where it is. */
function isFolder(path: string, folder: string): boolean {
  const given = posix.normalize(`${path}/`);
  return given.endsWith(folder === '' ? '/hostexecutor/' : `/${folder}/`);
}

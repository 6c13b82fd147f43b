import type { ExecEvent } from '../../decode/process-events.ts';
import type { StepKey } from '../engine.ts';
import { scriptStem } from './progress.ts';

const maxComposites = 1_000;

/**
 * Steps where no workflow file says what there is: from the environment, which act sets; scripts also carry their step's id in
 * the file name, which names the outer step too. Nested steps that do not name it go to the outer step of their action's folder.
 */
export class UnplannedSteps {
  readonly #outerByFolder = new Map<string, string>();

  place(event: ExecEvent, jobKey: string): StepKey[] {
    const { GITHUB_ACTION: action = '', GITHUB_ACTION_PATH: folder = '' } = event.env;
    const script = scriptKeys(event.argv);
    const invocation = event.root ?? event.image;
    const inner = script?.inner ?? (folder === '' ? '' : action);
    if (inner === '') {
      const key = action || (script?.outer ?? '');
      return key === '' ? [] : [{ key, invocation }];
    }
    const outer = this.#outerOf(`${jobKey}\0${folder}`, folder, script?.outer ?? null);
    return [
      { key: outer, invocation: null },
      { key: inner, invocation },
    ];
  }

  #outerOf(key: string, folder: string, named: string | null): string {
    const current = this.#outerByFolder.get(key);
    const isUnnamed = current?.endsWith('/') === true;
    const outer = named === null || isUnnamed ? (current ?? `${folder}/`) : named;
    if (this.#outerByFolder.size < maxComposites || current !== undefined) this.#outerByFolder.set(key, outer);
    return outer;
  }
}

function scriptKeys(argv: readonly string[]): { outer: string; inner: string | null } | null {
  const stem = scriptStem(argv);
  if (stem === null) return null;
  const at = stem.indexOf('-composite-');
  return at < 0
    ? { outer: stem, inner: null }
    : { outer: stem.slice(0, at), inner: stem.slice(at + '-composite-'.length) };
}

import { closeSync, constants, fstatSync, openSync, unlinkSync } from 'node:fs';
import { mkdir, readlink, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { getSystemErrorMessage } from 'node:util';
import { ChaperoneError } from '../../crds/errors.ts';
import { visible } from '../report/text.ts';

/** Only a name for a folder, open(2): it needs no right to list it. Node has no constant for it. */
const O_PATH = 0o10000000;

/** Where files can be put. */
export interface Place {
  /** Leads to the folder itself, wherever it is now and whatever has its old name; only within this process. */
  readonly path: string;
  /** What the user finds it by. */
  readonly shown: string;
}

interface Step {
  readonly name: string;
  /** Open as long as this process; a FileHandle that nobody holds any more would end the process when it is collected. */
  readonly fd: number;
}

/**
 * The folder for a run's files, chosen before COMMAND begins. COMMAND may belong to another user who can rename one of the folder's parents and put
 * a link in its place; so its path is walked only once, and what is written later goes to what was found then.
 */
export class OutFolder {
  readonly #path: string;
  /** From the root down to the folder. */
  readonly #steps: Step[];

  private constructor(path: string, steps: Step[]) {
    this.#path = path;
    this.#steps = steps;
  }

  /** Makes what of the path is not there, and sees that files can be put there. Throws `out-folder`, whose message says why that is not so. */
  static async open(path: string): Promise<OutFolder> {
    const steps: Step[] = [];
    for (const folder of [...parentsOf(resolve(path)), resolve(path)]) {
      await makeFolder(folder).catch((error: unknown) => refuse(folder, 'cannot be made', error));
      steps.push({ name: basename(folder), fd: openSync(folder, constants.O_DIRECTORY | O_PATH) });
    }
    const made = new OutFolder(path, steps);
    made.#tryIt();
    return made;
  }

  /** A look at its mode would not tell: root may write everywhere, but not to /proc. */
  #tryIt(): void {
    const file = `${pathOf(this.#last)}/.chaperone.${process.pid}.tmp`;
    try {
      closeSync(openSync(file, 'wx'));
      unlinkSync(file);
    } catch (error) {
      refuse(this.#path, 'takes no files', error);
    }
  }

  /** The folder, made again in what is left of its parents where COMMAND cleaned up (as `git clean -fdx` does). Throws what the file system says. */
  async place(): Promise<Place> {
    await this.#makeAgain();
    const path = pathOf(this.#last);
    const [now, found] = [await stat(path), await stat(this.#path).catch(() => null)];
    const isThere = found !== null && found.dev === now.dev && found.ino === now.ino;
    return { path, shown: isThere ? this.#path : await readlink(path) };
  }

  get #last(): Step {
    const last = this.#steps.at(-1);
    if (last === undefined)
      throw new ChaperoneError('out-folder', `The folder ${this.#path} is gone, and all above it`);
    return last;
  }

  async #makeAgain(): Promise<void> {
    const missing: string[] = [];
    while (fstatSync(this.#last.fd).nlink === 0) {
      missing.unshift(this.#last.name);
      closeSync(this.#last.fd);
      this.#steps.pop();
    }
    for (const name of missing) {
      const path = `${pathOf(this.#last)}/${name}`;
      await mkdir(path).catch(() => {});
      // Somebody else may have been quicker: a link is not followed.
      this.#steps.push({ name, fd: openSync(path, constants.O_DIRECTORY | constants.O_NOFOLLOW | O_PATH) });
    }
  }
}

function refuse(folder: string, what: string, cause: unknown): never {
  const { code, errno } = cause as NodeJS.ErrnoException;
  const isFile = code === 'EEXIST' || code === 'ENOTDIR';
  const why = isFile ? 'is a file and no folder' : `${what} (${code}: ${getSystemErrorMessage(errno ?? 0)})`;
  throw new ChaperoneError('out-folder', `${visible(folder)} ${why}`);
}

/** mkdir with `recursive` never comes back from /proc, where a folder has a parent and still cannot be made. */
async function makeFolder(path: string): Promise<void> {
  const info = await stat(path).catch(() => null);
  if (info?.isDirectory()) return;
  await mkdir(path).catch(async (error: unknown) => {
    const made = await stat(path).catch(() => null);
    if (!made?.isDirectory()) throw error; // else another one made it meanwhile
  });
}

/** From the root down. */
function parentsOf(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [] : [...parentsOf(parent), parent];
}

/** The folder that a descriptor holds, as a path that no renaming changes. */
function pathOf({ fd }: Step): string {
  return `/proc/self/fd/${fd}`;
}

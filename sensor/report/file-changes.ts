import {
  fileChangesCount,
  fileChangesPrefix,
  fileOperationsPrefix,
  fileSecretsCount,
  filesWatched,
} from '../../crds/attributes.ts';
import type { Attributes, FinishedSpan } from '../spans/finished-span.ts';
import { counted, grouped } from './units.ts';

/** Changes of files, exact also where no event tells of them. */
export interface FileChanges {
  readonly total: number;
  /** `create`, `write`, `rename`, `delete`, …, most first. */
  readonly byOperation: Readonly<Record<string, number>>;
  /** `workspace`, `home`, `temporary`, `tools`, `asked`, `other`, `repeated`: docs/spans.md. */
  readonly byPlace: Readonly<Record<string, number>>;
  /** Files that give secrets away and were read. */
  readonly secretsRead: number;
}

/** Adds up what jobs, or a step and those nested in it, say of files, each of its own. */
export class FileTally {
  #changes = 0;
  #secretsRead = 0;
  readonly #byOperation = new Map<string, number>();
  readonly #byPlace = new Map<string, number>();

  add(attributes: Attributes): void {
    for (const name in attributes) {
      const count = attributes[name];
      if (typeof count === 'number' && name.startsWith(files)) this.#count(name, count);
    }
  }

  sum(): FileChanges {
    return {
      total: this.#changes,
      byOperation: mostFirst(this.#byOperation),
      byPlace: mostFirst(this.#byPlace),
      secretsRead: this.#secretsRead,
    };
  }

  #count(name: string, count: number): void {
    if (name === fileChangesCount) this.#changes += count;
    else if (name === fileSecretsCount) this.#secretsRead += count;
    else if (name.startsWith(fileChangesPrefix)) add(this.#byPlace, name.slice(fileChangesPrefix.length), count);
    else if (name.startsWith(fileOperationsPrefix) && name !== ringsMade)
      add(this.#byOperation, name.slice(fileOperationsPrefix.length), count);
  }
}

const files = 'chaperone.files.';
/** A ring for requests changes nothing by itself. */
const ringsMade = `${fileOperationsPrefix}uring`;

export function fileChangesOf(jobs: readonly FinishedSpan[]): FileChanges {
  const tally = new FileTally();
  for (const { attributes } of jobs) tally.add(attributes);
  return tally.sum();
}

/** Whether anybody looked: where nobody did, no count is known. */
export function watchesFiles(jobs: readonly FinishedSpan[]): boolean {
  return jobs.some(({ attributes }) => attributes[filesWatched] === 'yes');
}

/** `3 created`, `1 written`, …, most first. */
export function operationWords({ byOperation }: FileChanges): string[] {
  return Object.entries(byOperation).map(([operation, count]) =>
    operation === 'mkdir' ? `${counted(count, 'folder')} made` : `${grouped(count)} ${wordFor(operation)}`,
  );
}

function wordFor(operation: string): string {
  return Object.hasOwn(words, operation) ? (words[operation] ?? '') : operation;
}

const words: Readonly<Record<string, string>> = {
  create: 'created',
  write: 'written',
  rename: 'renamed',
  exchange: 'exchanged',
  delete: 'deleted',
  link: 'linked',
  symlink: 'symlinked',
  truncate: 'truncated',
  chmod: 'with another mode',
};

function add(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

function mostFirst(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([, one], [, other]) => other - one));
}

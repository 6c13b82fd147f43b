import { fileChangesCount, fileChangesPrefix, fileOperationsPrefix, fileSecretsCount } from '../../crds/attributes.ts';
import { type FileOperation, fileOperations } from '../decode/file-events.ts';
import type { Attributes } from '../spans/finished-span.ts';
import { type FilePlace, filePlaces } from './places.ts';

/** Operations that change something. */
const changes = fileOperations.filter((operation) => operation !== 'read' && operation !== 'uring');

/** What happened to files in a step or a job: exact, whatever became of its events and spans. */
export class FileTotals {
  /** Files that give secrets away and were opened for reading, once for each process and file. */
  secrets = 0;
  readonly #byOperation = new Map<FileOperation, number>();
  readonly #byPlace = new Map<FilePlace, number>();

  /** `place`: `repeated` for what a process did again to files that it told of before; it is then not known which. */
  add(operation: FileOperation, place: FilePlace, count: number): void {
    this.#byOperation.set(operation, (this.#byOperation.get(operation) ?? 0) + count);
    if (isChange(operation)) this.#byPlace.set(place, (this.#byPlace.get(place) ?? 0) + count);
  }

  merge(other: FileTotals): this {
    this.secrets += other.secrets;
    for (const [operation, count] of other.#byOperation)
      this.#byOperation.set(operation, (this.#byOperation.get(operation) ?? 0) + count);
    for (const [place, count] of other.#byPlace) this.#byPlace.set(place, (this.#byPlace.get(place) ?? 0) + count);
    return this;
  }

  get changes(): number {
    return changes.reduce((sum, operation) => sum + (this.#byOperation.get(operation) ?? 0), 0);
  }

  /** Nothing where nothing happened, as in every job whose files are not watched. */
  attributes(): Attributes {
    const attributes: Attributes = {};
    for (const operation of [...changes, 'uring' as const]) {
      const count = this.#byOperation.get(operation);
      if (count !== undefined) attributes[`${fileOperationsPrefix}${operation}`] = count;
    }
    for (const place of filePlaces) {
      const count = this.#byPlace.get(place);
      if (count !== undefined) attributes[`${fileChangesPrefix}${place}`] = count;
    }
    if (this.changes > 0) attributes[fileChangesCount] = this.changes;
    if (this.secrets > 0) attributes[fileSecretsCount] = this.secrets;
    return attributes;
  }
}

export function isChange(operation: FileOperation): boolean {
  return operation !== 'read' && operation !== 'uring';
}

import { otherName } from './fold.ts';

/** Names that are told apart. */
const maxNames = 4_096;

/** How often each program was executed, whatever became of the spans. */
export class ExecutionCounts {
  readonly #counts = new Map<string, number>();

  /** What finds no room is counted under {@link otherName}. */
  add(name: string): void {
    const key = this.#counts.has(name) || this.#counts.size < maxNames ? name : otherName;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  entries(): Iterable<[name: string, count: number]> {
    return this.#counts;
  }
}

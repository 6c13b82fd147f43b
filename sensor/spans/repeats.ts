import type { ProcessNode } from './process-node.ts';

/** So many connections of one program to one place are told before they count as noise. */
const often = 8;
const maxPairs = 4_096;

/** How often a program connected to a place, so that a thousand equal connections do not crowd out the one that differs. */
export class Repeats {
  readonly #counts = new Map<string, number>();

  /** Counts one more. `name` is the connection's, address and port. */
  isOften(node: ProcessNode | null, name: string): boolean {
    const key = `${node?.image.path ?? ''}\0${name}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    if (count > 1 || this.#counts.size < maxPairs) this.#counts.set(key, count);
    return count > often;
  }
}

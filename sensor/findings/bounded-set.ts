/** A set that takes so many and no more; what found no room is counted. */
export class BoundedSet {
  forgotten = 0;
  readonly #values = new Set<string>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  /** True if it was not in before, also where there is no room. */
  add(value: string): boolean {
    if (this.#values.has(value)) return false;
    if (this.#values.size < this.#most) this.#values.add(value);
    else this.forgotten += 1;
    return true;
  }

  has(value: string): boolean {
    return this.#values.has(value);
  }
}

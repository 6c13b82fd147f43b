/** One name that one process asked for, whatever record types it asked for and however often. Times are nanoseconds since boot. */
export interface Lookup {
  /** As `readName` writes it. */
  readonly name: string;
  readonly start: bigint;
  /** Of its last answer; of its first question while there is none. */
  end: bigint;
  /** The address that was asked. */
  readonly resolver: string;
  /** Response code: 0 as soon as one answer was a success; `null` while none is known. */
  rcode: number | null;
  /** Of all answers, at most 32. */
  readonly addresses: Set<string>;
  /** A connection went to one of its addresses. */
  isFollowed: boolean;
}

const maxAddresses = 32;

export function beginLookup(name: string, { time, resolver }: { time: bigint; resolver: string }): Lookup {
  return { name, start: time, end: time, resolver, rcode: null, addresses: new Set(), isFollowed: false };
}

/** Adds what an answer said to what is known. */
export function noteAnswer(
  lookup: Lookup,
  answer: { rcode: number; addresses: readonly string[]; time: bigint },
): void {
  lookup.end = answer.time;
  lookup.rcode = lookup.rcode === 0 ? 0 : answer.rcode;
  for (const address of answer.addresses) if (lookup.addresses.size < maxAddresses) lookup.addresses.add(address);
}

const maxOpen = 64;

/** The lookups of one process that may still be answered or followed by a connection. */
export class OpenLookups {
  readonly #byName = new Map<string, Lookup>();

  /** The lookup of a name, begun if there is none; beyond 64 the oldest is then over. */
  of(name: string, at: { time: bigint; resolver: string }): { lookup: Lookup; over: Lookup | null } {
    const known = this.#byName.get(name);
    if (known !== undefined) return { lookup: known, over: null };
    const lookup = beginLookup(name, at);
    this.#byName.set(name, lookup);
    return { lookup, over: this.#byName.size > maxOpen ? this.#takeOldest() : null };
  }

  all(): Lookup[] {
    return [...this.#byName.values()];
  }

  clear(): void {
    this.#byName.clear();
  }

  /** Whether a failed lookup was only a try on the way along the search list of resolv.conf(5), told by another one: `a.b` by `a`, or the other way round. */
  isSearch(lookup: Lookup): boolean {
    if (lookup.rcode === 0) return false;
    return this.all().some(
      (other) =>
        other !== lookup &&
        (lookup.name.startsWith(`${other.name}.`) || (other.rcode === 0 && other.name.startsWith(`${lookup.name}.`))),
    );
  }

  #takeOldest(): Lookup | null {
    for (const [name, oldest] of this.#byName) {
      this.#byName.delete(name);
      return oldest;
    }
    return null;
  }
}

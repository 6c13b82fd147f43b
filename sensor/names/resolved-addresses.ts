import { UNKNOWN_IMAGE } from '../decode/event-fields.ts';
import type { Lookup } from './lookup.ts';

/** Whose lookup an address comes from: of the process image itself, of the nearest one above it, or of another one of the same step. */
export type Nearness = 'process' | 'ancestor' | 'step';

/** What an address was resolved from; more than one lookup means that nobody can say from which. */
export interface Origin {
  /** Of distinct names. */
  readonly lookups: readonly Lookup[];
  readonly nearness: Nearness;
}

/** Everything that is known of an address in one step, by who asked. */
interface Known {
  readonly byImage: Map<string, Map<string, Lookup>>;
  /** By name, of all askers. */
  readonly byName: Map<string, Lookup>;
  /** An asker had to make room, so that the nearest one may be missing. */
  isPartial: boolean;
}

export interface ResolvedLimits {
  readonly addresses: number;
  readonly images: number;
  /** One more than one is as good as many: it only shows that there are several. */
  readonly names: number;
}

const defaultLimits: ResolvedLimits = { addresses: 8_192, images: 64, names: 8 };

/**
 * What addresses were resolved from, by step and process image. It is never forgotten with time: a socket may connect long after its name's time
 * to live. Bounded: the address that was longest neither resolved nor connected to makes room, and is counted.
 */
export class ResolvedAddresses {
  evicted = 0;
  readonly #known = new Map<string, Known>();
  readonly #scopes = new WeakMap<object, number>();
  readonly #limits: ResolvedLimits;
  #nextScope = 0;

  constructor(limits: Partial<ResolvedLimits> = {}) {
    this.#limits = { ...defaultLimits, ...limits };
  }

  get isEmpty(): boolean {
    return this.#known.size === 0;
  }

  add(address: string, lookup: Lookup, asker: { scope: object; image: string }): void {
    const known = this.#touch(asker.scope, address) ?? this.#begin(asker.scope, address);
    this.#addName(known.byName, lookup);
    if (asker.image === UNKNOWN_IMAGE) return;
    const own = known.byImage.get(asker.image) ?? new Map<string, Lookup>();
    known.byImage.delete(asker.image);
    known.byImage.set(asker.image, own);
    this.#addName(own, lookup);
    if (known.byImage.size <= this.#limits.images) return;
    known.isPartial = true;
    dropOldest(known.byImage);
  }

  /** `chain`: the process image and those above it, the nearest first. `null` if nobody of the step resolved the address. */
  find(address: string, scope: object, chain: Iterable<string>): Origin | null {
    const known = this.#touch(scope, address);
    if (known === null) return null;
    let nearness: Nearness = 'process';
    for (const image of chain) {
      const own = known.byImage.get(image);
      if (own !== undefined) return { lookups: [...own.values()], nearness };
      if (known.isPartial) break;
      nearness = 'ancestor';
    }
    return { lookups: [...known.byName.values()], nearness: 'step' };
  }

  #touch(scope: object, address: string): Known | null {
    const key = this.#keyOf(scope, address);
    const known = this.#known.get(key);
    if (known === undefined) return null;
    this.#known.delete(key);
    this.#known.set(key, known);
    return known;
  }

  #begin(scope: object, address: string): Known {
    const known: Known = { byImage: new Map(), byName: new Map(), isPartial: false };
    this.#known.set(this.#keyOf(scope, address), known);
    if (this.#known.size > this.#limits.addresses) {
      this.evicted += 1;
      dropOldest(this.#known);
    }
    return known;
  }

  #addName(lookups: Map<string, Lookup>, lookup: Lookup): void {
    if (lookups.has(lookup.name) || lookups.size < this.#limits.names) lookups.set(lookup.name, lookup);
  }

  #keyOf(scope: object, address: string): string {
    const number = this.#scopes.get(scope) ?? this.#nextScope++;
    this.#scopes.set(scope, number);
    return `${number}/${address}`;
  }
}

function dropOldest(map: Map<string, unknown>): void {
  for (const oldest of map.keys()) {
    map.delete(oldest);
    break;
  }
}

import { namesCount } from '../../crds/attributes.ts';
import type { DnsEvent } from '../decode/name-events.ts';
import type { ProcessImage } from '../lineage/process-table.ts';
import { type Lookup, OpenLookups } from '../names/lookup.ts';
import { Names } from '../names/names.ts';
import type { Origin } from '../names/resolved-addresses.ts';
import type { Budget } from './budget.ts';
import type { ConnectionStart } from './connection-end.ts';
import type { Attributes } from './finished-span.ts';
import { lookupSpan } from './lookup-span.ts';
import type { ProcessNode } from './process-node.ts';
import type { ProcessSpans } from './process-spans.ts';
import type { Scope } from './scope.ts';

/** Distinct names counted for a job. */
const maxNames = 32_768;

/** The lookups of one job: which of them become spans, and what connections' addresses were resolved from. Counts are of everything, told or not. */
export class LookupSpans {
  readonly #processes: ProcessSpans;
  readonly #budget: Budget;
  readonly #names = new Names();
  /** Of processes, and of scopes for processes that are not known. */
  readonly #open = new WeakMap<ProcessNode | Scope, OpenLookups>();
  readonly #asked = new Set<string>();
  #spans = 0;

  constructor(processes: ProcessSpans, budget: Budget) {
    this.#processes = processes;
    this.#budget = budget;
  }

  /** `node` is `null` where the process is not known or is the runner itself. */
  heard(event: DnsEvent, scope: Scope, node: ProcessNode | null, onNewName: (name: string) => void): void {
    const open = this.#openOf(node ?? scope);
    const lookUp = (name: string, at: { time: bigint; resolver: string }) => {
      const { lookup, over } = open.of(name, at);
      if (this.#asked.size < maxNames && !this.#asked.has(name)) {
        this.#asked.add(name);
        onNewName(name);
      }
      if (over !== null && !over.isFollowed) scope.foldedLookups += 1;
      return lookup;
    };
    scope.questions += this.#names.hear(event, { scope, image: node?.image.id ?? event.image, lookUp });
  }

  /** What a connection's address was resolved from, as far as it is known now: ask at the moment of the connect event, in the kernel's order. */
  originOf(event: ConnectionStart, scope: Scope, node: ProcessNode | null): Origin | null {
    if (event.kind !== 'connect') return null;
    const chain = node === null ? [event.image] : imagesAbove(node.image);
    const origin = this.#names.originOf(event.address, scope, chain);
    for (const lookup of origin?.lookups ?? []) lookup.isFollowed = true;
    return origin;
  }

  /** Those of a process that has not ended. */
  of(node: ProcessNode): Lookup[] {
    return this.#open.get(node)?.all() ?? [];
  }

  /** Whether an answer gave the address to anybody in this scope. */
  wasResolved(address: string, scope: Scope): boolean {
    return this.#names.originOf(address, scope, []) !== null;
  }

  /** Whether an answer was read that gave an address. */
  get readsAnswers(): boolean {
    return this.#names.hasAddresses;
  }

  /** The process (of a scope: everything in it) is over, so no connection of its own can follow any more. Ask after its span was decided. */
  ended(scope: Scope, node: ProcessNode | null): void {
    const open = this.#open.get(node ?? scope);
    if (open === undefined) return;
    const lookups = open.all().filter(({ isFollowed }) => !isFollowed);
    const told = node?.state === 'folded' ? [] : lookups.filter((lookup) => !open.isSearch(lookup));
    open.clear();
    const given = told.filter((lookup) => this.#give(lookup, scope, node));
    scope.foldedLookups += lookups.length - given.length;
  }

  totals(): Attributes {
    return {
      [namesCount]: this.#asked.size,
      'chaperone.coverage.names.unasked': this.#names.unasked,
      'chaperone.coverage.names.unreadable': this.#names.unreadable,
      'chaperone.coverage.names.forgotten': this.#names.evicted,
    };
  }

  /** False if there is no room. */
  #give(lookup: Lookup, scope: Scope, node: ProcessNode | null): boolean {
    if (this.#spans >= this.#budget.jobLookups || !this.#processes.takeLookup()) return false;
    this.#spans += 1;
    const key = `${lookup.start}-${lookup.name}`;
    this.#processes.giveUnder({ scope, node }, ({ offset, place }) =>
      lookupSpan(place('lookup', node?.image.id ?? '', key), lookup, offset),
    );
    return true;
  }

  #openOf(owner: ProcessNode | Scope): OpenLookups {
    const known = this.#open.get(owner) ?? new OpenLookups();
    this.#open.set(owner, known);
    return known;
  }
}

function* imagesAbove(image: ProcessImage): Generator<string> {
  for (let at: ProcessImage | null = image; at !== null; at = at.parent) yield at.id;
}

import { type OptionalShape, object, optional, type Shaped, wholeNumber } from '../../crds/shape.ts';
import { type SpanClass, spanClasses } from './span-class.ts';

/**
 * Why spans were not delivered: no room in the queue, too large alone, refused by the server, not given back by the disk of the spill,
 * still waiting at the end.
 */
const dropReasons = ['overflow', 'too-large', 'refused', 'unreadable', 'unsent'] as const;
export type DropReason = (typeof dropReasons)[number];

/** What becomes of a span in the end. `rejected`: one of a batch that the server took in part, without saying which. */
export type Fate = 'sent' | 'rejected' | DropReason;
/** In an order that stays: the spill stores the number. */
export const fates: readonly Fate[] = ['sent', 'rejected', ...dropReasons];

/** Counts of spans. They always close: `added = sent + queued + dropped.total`. */
export interface ExportAccount {
  readonly added: number;
  readonly sent: number;
  readonly queued: number;
  readonly queuedBytes: number;
  readonly dropped: {
    readonly total: number;
    readonly byReason: Readonly<Record<DropReason, number>>;
    readonly byClass: Readonly<Record<SpanClass, number>>;
  };
  /** Records of the spill that could not be read back by the process that came after the one that wrote them. */
  readonly damaged: number;
  /** The last thing that kept spans from being delivered, empty when nothing ever did. */
  readonly lastFailure: string;
}

const count = wholeNumber();
const counts = <Name extends string>(names: readonly Name[]) =>
  object(Object.fromEntries(names.map((name) => [name, optional(count)])) as Record<Name, OptionalShape<number>>);
const books = object({
  added: count,
  sent: count,
  damaged: count,
  byReason: counts(dropReasons),
  byClass: counts(spanClasses),
});

/** The books of one exporter. */
export class Ledger {
  added = 0;
  sent = 0;
  damaged = 0;
  lastFailure = '';
  readonly #byReason: Record<DropReason, number> = zeros(dropReasons);
  readonly #byClass: Record<SpanClass, number> = zeros(spanClasses);

  settle(fate: Fate, items: readonly { readonly spanClass: SpanClass }[]): void {
    if (fate === 'sent') {
      this.sent += items.length;
      return;
    }
    this.#byReason[fate === 'rejected' ? 'refused' : fate] += items.length;
    for (const { spanClass } of items) this.#byClass[fate === 'rejected' ? 'other' : spanClass] += 1;
  }

  read(queued: number, queuedBytes: number): ExportAccount {
    const { added, sent, damaged, lastFailure } = this;
    const total = Object.values(this.#byReason).reduce((sum, count) => sum + count, 0);
    const dropped = { total, byReason: { ...this.#byReason }, byClass: { ...this.#byClass } };
    return { added, sent, queued, queuedBytes, dropped, damaged, lastFailure };
  }

  /** Plain JSON for {@link restore}. */
  save(): object {
    const { added, sent, damaged } = this;
    return { added, sent, damaged, byReason: this.#byReason, byClass: this.#byClass };
  }

  /** Goes on with the books of an earlier process; what is not in the form of {@link save} changes nothing. */
  restore(saved: unknown): void {
    const data = readBooks(saved);
    if (data === null) return;
    this.added = data.added;
    this.sent = data.sent;
    this.damaged = data.damaged;
    Object.assign(this.#byReason, data.byReason);
    Object.assign(this.#byClass, data.byClass);
  }
}

function readBooks(saved: unknown): Shaped<typeof books> | null {
  try {
    return books(saved);
  } catch {
    return null;
  }
}

function zeros<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
}

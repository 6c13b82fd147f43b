import { type Batch, type BatchLimits, type QueuedSpan, SpanQueue } from './span-queue.ts';

/** A batch on its way, with how often it was tried without an answer that settled it. */
export interface Parcel {
  readonly batch: Batch;
  tries: number;
}

/**
 * The queue and the parcels made from it that are not settled yet. Priority parcels go first, then those that were tried
 * before; so a batch of ordinary spans that a server chokes on does not hold up job and step.
 */
export class Outbox {
  readonly #queue: SpanQueue;
  readonly #limits: BatchLimits;
  readonly #parcels: Parcel[] = [];

  constructor(maxBytes: number, limits: BatchLimits) {
    this.#queue = new SpanQueue(maxBytes);
    this.#limits = limits;
  }

  /** Spans that wait or are on their way. */
  get length(): number {
    return this.#queue.length + this.#parcels.reduce((sum, { batch }) => sum + batch.items.length, 0);
  }

  get bytes(): number {
    return this.#queue.bytes + this.#parcelBytes();
  }

  /** Takes the span in and answers with what had to be shed for it. */
  add(item: QueuedSpan): QueuedSpan[] {
    return this.#queue.add(item, this.#parcelBytes());
  }

  /** The parcel to send next, which stays here until it is settled or split; `null` when nothing waits. */
  next(): Parcel | null {
    return this.#nextOf(true) ?? this.#nextOf(false);
  }

  settle(parcel: Parcel): void {
    const index = this.#parcels.indexOf(parcel);
    if (index >= 0) this.#parcels.splice(index, 1);
  }

  /** Puts two halves in the place of a parcel that was too large; `false` when there is nothing to halve. */
  split(parcel: Parcel): boolean {
    const { items, priority } = parcel.batch;
    if (items.length < 2) return false;
    const middle = items.length >> 1;
    const halves = [items.slice(0, middle), items.slice(middle)];
    const parcels = halves.map((half) => ({ batch: { priority, items: half, bytes: sumBytes(half) }, tries: 0 }));
    this.#parcels.splice(this.#parcels.indexOf(parcel), 1, ...parcels);
    return true;
  }

  /** Takes everything out. */
  drain(): QueuedSpan[] {
    const items: QueuedSpan[] = [];
    for (let parcel = this.next(); parcel !== null; parcel = this.next()) {
      items.push(...parcel.batch.items);
      this.settle(parcel);
    }
    return items;
  }

  #nextOf(priority: boolean): Parcel | null {
    const known = this.#parcels.find(({ batch }) => batch.priority === priority);
    if (known !== undefined) return known;
    const batch = this.#queue.take(priority, this.#limits);
    if (batch === null) return null;
    const parcel = { batch, tries: 0 };
    this.#parcels.push(parcel);
    return parcel;
  }

  #parcelBytes(): number {
    return this.#parcels.reduce((sum, { batch }) => sum + batch.bytes, 0);
  }
}

function sumBytes(items: readonly QueuedSpan[]): number {
  return items.reduce((sum, item) => sum + item.bytes, 0);
}

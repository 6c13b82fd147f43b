import { type Batch, type BatchLimits, type QueuedSpan, SpanQueue } from './span-queue.ts';

/** A batch on its way. */
export interface Parcel {
  batch: Batch;
  /** How often the server's answer left it open whether the batch or the server is at fault. */
  doubts: number;
  /** How many batches the server had taken when it was first in doubt. */
  takenBefore: number;
}

/**
 * The queue and the parcels made from it that are not settled yet. Priority parcels go first, and those in doubt last; so a batch
 * that a server chokes on holds up nothing else.
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
    return this.#undoubted(true) ?? this.#undoubted(false) ?? this.#parcels[0] ?? null;
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
    const parcels = halves.map((half) => newParcel({ priority, items: half, bytes: sumBytes(half) }));
    this.#parcels.splice(this.#parcels.indexOf(parcel), 1, ...parcels);
    return true;
  }

  /** Takes items out of a parcel; without any left it is settled. */
  leaveOut(parcel: Parcel, items: readonly QueuedSpan[]): void {
    const left = parcel.batch.items.filter((item) => !items.includes(item));
    parcel.batch = { ...parcel.batch, items: left, bytes: sumBytes(left) };
    if (left.length === 0) this.settle(parcel);
  }

  /** Lets every other parcel go before this one. */
  putLast(parcel: Parcel): void {
    this.settle(parcel);
    this.#parcels.push(parcel);
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

  #undoubted(priority: boolean): Parcel | null {
    const known = this.#parcels.find(({ batch, doubts }) => batch.priority === priority && doubts === 0);
    if (known !== undefined) return known;
    const batch = this.#queue.take(priority, this.#limits);
    if (batch === null) return null;
    const parcel = newParcel(batch);
    this.#parcels.push(parcel);
    return parcel;
  }

  #parcelBytes(): number {
    return this.#parcels.reduce((sum, { batch }) => sum + batch.bytes, 0);
  }
}

function newParcel(batch: Batch): Parcel {
  return { batch, doubts: 0, takenBefore: 0 };
}

function sumBytes(items: readonly QueuedSpan[]): number {
  return items.reduce((sum, item) => sum + item.bytes, 0);
}

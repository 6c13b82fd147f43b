import { type SpanClass, spanClasses } from './span-class.ts';
import type { QueuedSpan } from './span-queue.ts';

/** Why spans were not delivered: no room in the queue, too large alone, refused by the server, still waiting at the end. */
export type DropReason = 'overflow' | 'too-large' | 'refused' | 'unsent';

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
  /** The last thing that kept spans from being delivered, empty when nothing ever did. */
  readonly lastFailure: string;
}

/** The books of one exporter. */
export class Ledger {
  added = 0;
  sent = 0;
  lastFailure = '';
  readonly #byReason: Record<DropReason, number> = { overflow: 0, 'too-large': 0, refused: 0, unsent: 0 };
  readonly #byClass = Object.fromEntries(spanClasses.map((name) => [name, 0])) as Record<SpanClass, number>;

  drop(reason: DropReason, items: readonly QueuedSpan[]): void {
    this.#byReason[reason] += items.length;
    for (const item of items) this.#byClass[item.spanClass] += 1;
  }

  /** Of a partial success only the number is known, not which spans it was. */
  dropUnnamed(reason: DropReason, count: number): void {
    this.#byReason[reason] += count;
    this.#byClass.other += count;
  }

  read(queued: number, queuedBytes: number): ExportAccount {
    const total = Object.values(this.#byReason).reduce((sum, count) => sum + count, 0);
    const dropped = { total, byReason: { ...this.#byReason }, byClass: { ...this.#byClass } };
    return { added: this.added, sent: this.sent, queued, queuedBytes, dropped, lastFailure: this.lastFailure };
  }
}

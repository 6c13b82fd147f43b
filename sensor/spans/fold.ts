import { earlier, later } from '../lineage/time.ts';
import type { SpanKind } from './finished-span.ts';

/** What a summary span says of the spans folded into it; times are nanoseconds since boot. */
export interface Fold extends FoldedTraffic {
  readonly name: string;
  count: number;
  first: bigint;
  last: bigint;
  min: bigint;
  max: bigint;
  total: bigint;
}

/** What the folded spans were; the counts and bytes are of connections. */
export interface FoldedTraffic {
  readonly kind: SpanKind;
  sent: number;
  received: number;
  failed: number;
}

const process: FoldedTraffic = { kind: 'internal', sent: 0, received: 0, failed: 0 };

/** Folds by key; the counts stay exact however many go in. */
export class Folds {
  /** Made when it is needed: most processes have nothing to fold. */
  #folds: Map<string, Fold> | null = null;
  readonly #most: number;

  /** `most` bounds the keys; what finds no room is counted under {@link otherName}. */
  constructor(most = 256) {
    this.#most = most;
  }

  add(name: string, start: bigint, end: bigint, traffic = process): void {
    const duration = end - start;
    this.merge({ ...traffic, name, count: 1, first: start, last: end, min: duration, max: duration, total: duration });
  }

  merge(fold: Fold): void {
    this.#folds ??= new Map();
    const name = this.#folds.has(fold.name) || this.#folds.size < this.#most ? fold.name : otherName;
    const into = this.#folds.get(name);
    if (into === undefined) {
      this.#folds.set(name, { ...fold, name });
      return;
    }
    into.count += fold.count;
    into.total += fold.total;
    into.sent += fold.sent;
    into.received += fold.received;
    into.failed += fold.failed;
    into.first = earlier(into.first, fold.first);
    into.last = later(into.last, fold.last);
    into.min = earlier(into.min, fold.min);
    into.max = later(into.max, fold.max);
  }

  /** Takes all out. */
  drain(): Fold[] {
    const all = [...(this.#folds?.values() ?? [])];
    this.#folds = null;
    return all;
  }

  get size(): number {
    return this.#folds?.size ?? 0;
  }
}

/** The name of what found no room under its own. */
export const otherName = '(other)';

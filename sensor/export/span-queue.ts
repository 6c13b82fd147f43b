import type { Place } from '../spill/record-file.ts';
import type { SpanClass } from './span-class.ts';

/** A span waiting to be sent. */
export interface QueuedSpan {
  readonly spanClass: SpanClass;
  readonly priority: boolean;
  /** OTLP/JSON of its resource: one string for all spans of a job. */
  readonly resource: string;
  /** Its own OTLP/JSON, here or in the spill. */
  readonly text: string | SpilledSpan;
  /** Of its text. */
  readonly bytes: number;
}

/** A span whose text is on the scratch volume. */
export interface SpilledSpan {
  readonly number: number;
  readonly place: Place;
}

/** Spans of one lane that go out in one request. What a retry sends is the same batch again. */
export interface Batch {
  readonly priority: boolean;
  readonly items: readonly QueuedSpan[];
  readonly bytes: number;
}

export interface BatchLimits {
  readonly spans: number;
  readonly bytes: number;
}

/**
 * Two lanes under one bound in bytes. Priority spans (job, step) go first and never share a request with others,
 * so that one span a back end refuses cannot take them along. When room is short an ordinary span gives way:
 * the one that arrives, or the newest that waits if it is a priority span that arrives.
 */
export class SpanQueue {
  readonly #maxBytes: number;
  readonly #priority: QueuedSpan[] = [];
  readonly #ordinary: QueuedSpan[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#priority.length + this.#ordinary.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the span in and answers with what had to be shed for it (the span itself, perhaps); `held` is what is in flight. */
  add(item: QueuedSpan, held: number): QueuedSpan[] {
    const shed: QueuedSpan[] = [];
    while (item.priority && this.#overflows(item, held)) {
      const victim = this.#ordinary.pop();
      if (victim === undefined) break;
      this.#bytes -= victim.bytes;
      shed.push(victim);
    }
    if (this.#overflows(item, held)) return [...shed, item];
    (item.priority ? this.#priority : this.#ordinary).push(item);
    this.#bytes += item.bytes;
    return shed;
  }

  /** The next batch of the lane, or `null` when nothing waits there. A span larger than the limit travels alone. */
  take(priority: boolean, limits: BatchLimits): Batch | null {
    const lane = priority ? this.#priority : this.#ordinary;
    let count = 0;
    let bytes = 0;
    for (const item of lane) {
      if (count > 0 && (count === limits.spans || bytes + item.bytes > limits.bytes)) break;
      count += 1;
      bytes += item.bytes;
    }
    if (count === 0) return null;
    this.#bytes -= bytes;
    return { priority, items: lane.splice(0, count), bytes };
  }

  #overflows(item: QueuedSpan, held: number): boolean {
    return this.#bytes + held + item.bytes > this.#maxBytes;
  }
}

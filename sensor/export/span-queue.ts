import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { SpanClass } from './span-class.ts';

/** A span waiting to be sent, with the JSON bytes it was reckoned to take. */
export interface QueuedSpan {
  readonly span: ReadableSpan;
  readonly spanClass: SpanClass;
  readonly priority: boolean;
  readonly bytes: number;
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

/** About the bytes the span takes as OTLP/JSON: exact for the text in it, reckoned for the frame around it. */
export function reckonBytes(span: ReadableSpan): number {
  let bytes = 400 + Buffer.byteLength(span.name) + attributesBytes(span.attributes);
  for (const event of span.events)
    bytes += 120 + Buffer.byteLength(event.name) + attributesBytes(event.attributes ?? {});
  for (const link of span.links) bytes += 160 + attributesBytes(link.attributes ?? {});
  return bytes;
}

function attributesBytes(attributes: object): number {
  return Buffer.byteLength(JSON.stringify(attributes)) + 40 * Object.keys(attributes).length;
}

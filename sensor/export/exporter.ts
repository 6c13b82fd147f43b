import type { Attributes, FinishedSpan } from '../spans/finished-span.ts';
import { type DropReason, type ExportAccount, type Fate, Ledger } from './account.ts';
import { type Clock, systemClock } from './clock.ts';
import { encodeRequest, encodeResource, encodeSpan } from './otlp-json.ts';
import { Outbox, type Parcel } from './outbox.ts';
import type { Outcome } from './outcome.ts';
import { Pace } from './pace.ts';
import { type FlushLimits, SendLoop } from './send-loop.ts';
import { ServerAddress } from './server-address.ts';
import { classOf } from './span-class.ts';
import type { QueuedSpan } from './span-queue.ts';
import type { SpanSpill } from './span-spill.ts';
import { createTransport, type Transport } from './transport.ts';

export interface ExporterOptions {
  /** Where spans are posted, path included: `https://collector.example.com:4318/v1/traces`. */
  readonly url: string;
  /** Asked at each request, so that a rotated token is used at once; default none. */
  readonly headers?: () => Promise<Record<string, string>>;
  /** PEM bundle to trust instead of the system's. */
  readonly ca?: string | undefined;
  /** Where the server was reached before; default nowhere. */
  readonly address?: ServerAddress;
  /** What may wait, in bytes of OTLP/JSON; default 8 MiB. */
  readonly maxBytes?: number;
  /** How long spans gather before they are sent, in milliseconds; default 2,000. */
  readonly intervalMs?: number;
  /** How long one request may take, in milliseconds; default 10,000. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
  /** Where spans are kept while they wait; default in memory. What an earlier process left there is sent too. */
  readonly spill?: SpanSpill | null;
  /** Told once for every batch or arrival that lost spans, with a sentence for the log. */
  readonly onDrop?: (reason: DropReason, count: number, message: string) => void;
}

export interface Exporter {
  /** Takes spans in; their content is fixed from here on. `resource` is one object a job (grouping goes by identity). */
  add(spans: readonly FinishedSpan[], resource: Attributes): void;
  /** Sends what waits, without pauses between batches; ends when all is settled or the limits are reached. */
  flush(limits: FlushLimits): Promise<ExportAccount>;
  account(): ExportAccount;
  /** Stops for good; what still waits is counted as dropped (`unsent`), and stays in the spill. */
  close(): ExportAccount;
}

/** Stays under the request limits usual on the way (fastify and many proxies: 1 MiB). */
const batchLimits = { spans: 512, bytes: 512 * 1024 };
/** An answer that may be a fault of the batch itself (500, 404) is believed after so many tries, if the server takes others. */
const doubtfulTries = 8;
const firstPauseMs = 1_000;

/** A queue of our own in front of OTLP/HTTP: the OpenTelemetry SDK's batch processor loses bursts and outages. */
export function createExporter(options: ExporterOptions): Exporter {
  const clock = options.clock ?? systemClock;
  const transport = createTransport({
    url: options.url,
    headers: options.headers ?? (async () => ({})),
    ca: options.ca,
    address: options.address ?? new ServerAddress(),
    timeoutMs: options.timeoutMs ?? 10_000,
    clock,
  });
  return new QueueingExporter(transport, clock, options);
}

class QueueingExporter implements Exporter {
  readonly #transport: Transport;
  readonly #intervalMs: number;
  readonly #onDrop: NonNullable<ExporterOptions['onDrop']>;
  readonly #outbox: Outbox;
  readonly #spill: SpanSpill | null;
  readonly #ledger = new Ledger();
  readonly #pace: Pace;
  readonly #resources = new WeakMap<Attributes, string>();
  /** Batches that the server has taken. */
  #taken = 0;
  #closed = false;
  readonly #loop: SendLoop;

  constructor(transport: Transport, clock: Clock, options: ExporterOptions) {
    this.#transport = transport;
    this.#intervalMs = options.intervalMs ?? 2_000;
    this.#onDrop = options.onDrop ?? (() => {});
    this.#outbox = new Outbox(options.maxBytes ?? 8 * 1024 * 1024, batchLimits);
    this.#pace = new Pace(clock, firstPauseMs);
    this.#loop = new SendLoop({
      clock,
      pace: this.#pace,
      attempt: () => this.#attempt(),
      isEmpty: () => this.#outbox.length === 0,
      onRest: () => this.#rest(),
    });
    this.#spill = options.spill ?? null;
    this.#enqueue(this.#spill?.recover(this.#ledger) ?? []);
  }

  add(spans: readonly FinishedSpan[], resource: Attributes): void {
    const text = this.#resourceOf(resource);
    const items = spans
      .filter(({ spanId }) => this.#spill?.isKnown(spanId) !== true)
      .map((span) => this.#keep(span, text));
    this.#ledger.added += items.length;
    if (this.#closed) this.#drop('unsent', items, 'the sensor is at its end');
    else this.#enqueue(items);
  }

  async flush(limits: FlushLimits): Promise<ExportAccount> {
    await this.#loop.flush(limits);
    return this.account();
  }

  account(): ExportAccount {
    return this.#ledger.read(this.#outbox.length, this.#outbox.bytes);
  }

  close(): ExportAccount {
    if (this.#closed) return this.account();
    this.#closed = true;
    this.#transport.close();
    const left = this.#outbox.drain();
    if (left.length > 0)
      this.#tellDrop('unsent', left, this.#ledger.lastFailure || 'there was no time left to send them');
    this.#spill?.close();
    this.#loop.close();
    return this.account();
  }

  #keep(span: FinishedSpan, resource: string): QueuedSpan {
    const text = encodeSpan(span);
    const kept = { spanId: span.spanId, spanClass: classOf(span), priority: span.priority, resource, text };
    const { spanClass, priority } = kept;
    const place = this.#closed ? null : (this.#spill?.keep(kept) ?? null);
    return { spanClass, priority, resource, text: place ?? text, bytes: Buffer.byteLength(text) };
  }

  #enqueue(items: readonly QueuedSpan[]): void {
    const shed = items.flatMap((item) => this.#outbox.add(item));
    if (shed.length > 0) this.#drop('overflow', shed, 'the queue of spans is full');
    if (this.#outbox.length > 0) this.#loop.wakeAfter(this.#pace.isHurried ? 0 : this.#intervalMs);
  }

  #resourceOf(attributes: Attributes): string {
    const known = this.#resources.get(attributes) ?? encodeResource(attributes);
    this.#resources.set(attributes, known);
    return known;
  }

  #attempt(): Promise<number | null> | null {
    const parcel = this.#outbox.next();
    return parcel === null ? null : this.#deliver(parcel);
  }

  #rest(): void {
    if (this.#outbox.length === 0) this.#spill?.tidy(this.#ledger);
  }

  /** One try. The answer is how long to wait before the next, `null` for not at all. */
  async #deliver(parcel: Parcel): Promise<number | null> {
    const body = this.#bodyOf(parcel);
    if (body === null) return null;
    const outcome = await this.#transport.send(body);
    // Closed meanwhile: the parcel was already counted as unsent.
    if (this.#closed) return null;
    if (outcome.kind === 'retry') return this.#postpone(parcel, outcome);
    if (outcome.kind === 'too-large') return this.#split(parcel);
    this.#outbox.settle(parcel);
    if (outcome.kind === 'refused') this.#drop('refused', parcel.batch.items, outcome.message);
    else this.#bookSent(parcel.batch.items, outcome);
    return null;
  }

  /** `null`: the disk gave nothing of it back. */
  #bodyOf(parcel: Parcel): string | null {
    const byResource = new Map<string, string[]>();
    const unreadable: QueuedSpan[] = [];
    for (const item of parcel.batch.items) {
      const text = this.#textOf(item);
      if (text === null) unreadable.push(item);
      else append(byResource, item.resource, text);
    }
    if (unreadable.length > 0) {
      this.#outbox.leaveOut(parcel, unreadable);
      this.#drop('unreadable', unreadable, 'the scratch volume does not give them back');
    }
    if (byResource.size === 0) return null;
    return encodeRequest([...byResource].map(([resource, spans]) => ({ resource, spans })));
  }

  #textOf({ text }: QueuedSpan): string | null {
    return typeof text === 'string' ? text : (this.#spill?.read(text.place) ?? null);
  }

  #postpone(parcel: Parcel, outcome: Outcome & { kind: 'retry' }): number | null {
    this.#ledger.lastFailure = outcome.message;
    if (outcome.doubtful) {
      if (parcel.doubts === 0) parcel.takenBefore = this.#taken;
      parcel.doubts += 1;
      this.#outbox.putLast(parcel);
    }
    if (parcel.doubts < doubtfulTries || this.#taken === parcel.takenBefore)
      return this.#pace.pause(outcome.retryAfterMs);
    this.#outbox.settle(parcel);
    this.#drop('refused', parcel.batch.items, `${outcome.message} ${parcel.doubts} times`);
    return null;
  }

  #split(parcel: Parcel): null {
    if (this.#outbox.split(parcel)) return null;
    this.#outbox.settle(parcel);
    this.#drop('too-large', parcel.batch.items, 'the server answered 413 to a single span');
    return null;
  }

  #bookSent(items: readonly QueuedSpan[], outcome: Outcome & { kind: 'sent' }): void {
    this.#taken += 1;
    this.#pace.took();
    const rejected = Math.min(outcome.rejected, items.length);
    this.#settle('sent', items.slice(rejected));
    if (rejected === 0) return;
    const message = outcome.message.slice(0, 200) || 'the server took the batch only in part';
    this.#settle('rejected', items.slice(0, rejected));
    this.#ledger.lastFailure = message;
    this.#onDrop('refused', rejected, message);
  }

  #drop(reason: DropReason, items: readonly QueuedSpan[], message: string): void {
    this.#spill?.settle(items, reason);
    this.#tellDrop(reason, items, message);
  }

  #tellDrop(reason: DropReason, items: readonly QueuedSpan[], message: string): void {
    this.#ledger.settle(reason, items);
    this.#ledger.lastFailure = message;
    this.#onDrop(reason, items.length, message);
  }

  #settle(fate: Fate, items: readonly QueuedSpan[]): void {
    this.#spill?.settle(items, fate);
    this.#ledger.settle(fate, items);
  }
}

function append(lists: Map<string, string[]>, key: string, item: string): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

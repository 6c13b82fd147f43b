import type { Resource } from '@opentelemetry/resources';
import { describeError } from '../../crds/errors.ts';
import type { Attributes, FinishedSpan } from '../spans/finished-span.ts';
import { type DropReason, type ExportAccount, Ledger } from './account.ts';
import { type Clock, systemClock } from './clock.ts';
import { Outbox, type Parcel } from './outbox.ts';
import type { Outcome } from './outcome.ts';
import { toReadableSpan, toResource } from './readable-span.ts';
import { classOf } from './span-class.ts';
import { type Batch, type QueuedSpan, reckonBytes } from './span-queue.ts';
import { createTransport, type Transport } from './transport.ts';

export interface ExporterOptions {
  /** Where spans are posted, path included: `https://collector.example.com:4318/v1/traces`. */
  readonly url: string;
  /** Asked at each request, so that a rotated token is used at once; default none. */
  readonly headers?: () => Promise<Record<string, string>>;
  /** PEM bundle to trust instead of the system's. */
  readonly ca?: string | undefined;
  /** What may wait, in bytes of OTLP/JSON; default 8 MiB. */
  readonly maxBytes?: number;
  /** How long spans gather before they are sent, in milliseconds; default 2,000. */
  readonly intervalMs?: number;
  /** How long a server may stay silent, in milliseconds; default 10,000. */
  readonly timeoutMs?: number;
  readonly clock?: Clock;
  /** Told once for every batch or arrival that lost spans, with a sentence for the log. */
  readonly onDrop?: (reason: DropReason, count: number, message: string) => void;
}

export interface Exporter {
  /** Takes spans in; their content is fixed from here on. `resource` is one object a job (grouping goes by identity). */
  add(spans: readonly FinishedSpan[], resource: Attributes): void;
  /** Sends what waits, without pauses between batches; ends when all is settled or `deadlineMs` from now has passed. */
  flush(deadlineMs: number): Promise<ExportAccount>;
  account(): ExportAccount;
  /** Stops for good; what still waits is counted as dropped (`unsent`). */
  close(): ExportAccount;
}

/** Stays under the request limits usual on the way (fastify and many proxies: 1 MiB). */
const batchLimits = { spans: 512, bytes: 512 * 1024 };
const backOff = { firstMs: 1_000, factor: 2, longestMs: 30_000, longestInFlushMs: 1_000, shortestMs: 50 };
/** An answer that may be a fault of the batch itself (500, 404) is believed after so many tries. */
const doubtfulTries = 8;

/** A queue of our own in front of the OpenTelemetry exporter, whose batch processor loses bursts and outages. */
export function createExporter(options: ExporterOptions): Exporter {
  const clock = options.clock ?? systemClock;
  const transport = createTransport({
    url: options.url,
    headers: options.headers ?? (async () => ({})),
    ca: options.ca,
    timeoutMs: options.timeoutMs ?? 10_000,
    clock,
  });
  return new QueueingExporter(transport, clock, options);
}

class QueueingExporter implements Exporter {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #onDrop: NonNullable<ExporterOptions['onDrop']>;
  readonly #outbox: Outbox;
  readonly #ledger = new Ledger();
  readonly #resources = new WeakMap<Attributes, Resource>();
  #sending = false;
  #closed = false;
  /** Ends of the flushes that are under way. */
  readonly #flushes = new Set<{ readonly until: number }>();
  #cancelWake: (() => void) | null = null;
  #onSettled: (() => void)[] = [];

  constructor(transport: Transport, clock: Clock, options: ExporterOptions) {
    this.#transport = transport;
    this.#clock = clock;
    this.#intervalMs = options.intervalMs ?? 2_000;
    this.#onDrop = options.onDrop ?? (() => {});
    this.#outbox = new Outbox(options.maxBytes ?? 8 * 1024 * 1024, batchLimits);
  }

  add(spans: readonly FinishedSpan[], resource: Attributes): void {
    const shed = spans.flatMap((span) => this.#admit(span, this.#resourceOf(resource)));
    if (shed.length > 0) this.#drop(this.#closed ? 'unsent' : 'overflow', shed, 'the queue of spans is full');
    if (this.#outbox.length > 0) this.#wakeAfter(this.#flushes.size === 0 ? this.#intervalMs : 0);
  }

  async flush(deadlineMs: number): Promise<ExportAccount> {
    const flush = { until: this.#clock.now() + deadlineMs };
    this.#flushes.add(flush);
    this.#wakeNow();
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(deadlineMs, resolve);
      this.#onSettled.push(() => {
        cancel();
        resolve();
      });
      this.#tellIfSettled();
    });
    this.#flushes.delete(flush);
    return this.account();
  }

  account(): ExportAccount {
    return this.#ledger.read(this.#outbox.length, this.#outbox.bytes);
  }

  close(): ExportAccount {
    this.#closed = true;
    this.#cancelWake?.();
    this.#transport.close();
    const left = this.#outbox.drain();
    if (left.length > 0) this.#drop('unsent', left, this.#ledger.lastFailure || 'there was no time left to send them');
    this.#tellIfSettled();
    return this.account();
  }

  #admit(span: FinishedSpan, resource: Resource): QueuedSpan[] {
    const readable = toReadableSpan(span, resource);
    const item = { span: readable, spanClass: classOf(span), priority: span.priority, bytes: reckonBytes(readable) };
    this.#ledger.added += 1;
    return this.#closed ? [item] : this.#outbox.add(item);
  }

  #resourceOf(attributes: Attributes): Resource {
    const known = this.#resources.get(attributes) ?? toResource(attributes);
    this.#resources.set(attributes, known);
    return known;
  }

  /** A wake that is already set stands: it is either near, or a back-off that more spans must not cut short. */
  #wakeAfter(ms: number): void {
    if (this.#cancelWake !== null || this.#sending || this.#closed) return;
    this.#cancelWake = this.#clock.after(ms, () => this.#wakeNow());
  }

  #wakeNow(): void {
    this.#cancelWake?.();
    this.#cancelWake = null;
    if (!this.#sending && !this.#closed) void this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    this.#sending = true;
    let pause: number | null = null;
    while (pause === null && !this.#closed) {
      const parcel = this.#outbox.next();
      if (parcel === null) break;
      pause = await this.#deliver(parcel);
    }
    this.#sending = false;
    if (pause !== null) this.#wakeAfter(pause);
    this.#tellIfSettled();
  }

  /** One try. The answer is how long to wait before the next, `null` for not at all. */
  async #deliver(parcel: Parcel): Promise<number | null> {
    const outcome = await this.#transport.send(parcel.batch.items.map((item) => item.span)).catch(unexpected);
    // Closed meanwhile: the parcel was already counted as unsent.
    if (this.#closed) return null;
    if (outcome.kind === 'retry') return this.#postpone(parcel, outcome);
    if (outcome.kind === 'too-large') return this.#split(parcel);
    this.#outbox.settle(parcel);
    if (outcome.kind === 'refused') this.#drop('refused', parcel.batch.items, outcome.message);
    else this.#bookSent(parcel.batch, outcome);
    return null;
  }

  #postpone(parcel: Parcel, outcome: Outcome & { kind: 'retry' }): number | null {
    this.#ledger.lastFailure = outcome.message;
    parcel.tries += 1;
    if (!outcome.doubtful || parcel.tries < doubtfulTries) return this.#pauseBefore(parcel, outcome.retryAfterMs);
    this.#outbox.settle(parcel);
    this.#drop('refused', parcel.batch.items, `${outcome.message} ${doubtfulTries} times`);
    return null;
  }

  #split(parcel: Parcel): null {
    if (this.#outbox.split(parcel)) return null;
    this.#outbox.settle(parcel);
    this.#drop('too-large', parcel.batch.items, 'the server answered 413 to a single span');
    return null;
  }

  #bookSent(batch: Batch, outcome: Outcome & { kind: 'sent' }): void {
    const rejected = Math.min(outcome.rejected, batch.items.length);
    this.#ledger.sent += batch.items.length - rejected;
    if (rejected === 0) return;
    const message = outcome.message.slice(0, 200) || 'the server took the batch only in part';
    this.#ledger.dropUnnamed('refused', rejected);
    this.#ledger.lastFailure = message;
    this.#onDrop('refused', rejected, message);
  }

  #pauseBefore(parcel: Parcel, retryAfterMs: number | null): number {
    const grown = Math.min(backOff.firstMs * backOff.factor ** (parcel.tries - 1), backOff.longestMs);
    if (this.#flushes.size === 0) return retryAfterMs ?? grown;
    // Waiting past the deadline helps nobody: halve what is left, and try until it is gone.
    const until = Math.max(...[...this.#flushes].map((flush) => flush.until));
    const left = Math.max((until - this.#clock.now()) / 2, backOff.shortestMs);
    return Math.min(retryAfterMs ?? Math.min(grown, backOff.longestInFlushMs), left);
  }

  #drop(reason: DropReason, items: readonly QueuedSpan[], message: string): void {
    this.#ledger.drop(reason, items);
    this.#ledger.lastFailure = message;
    this.#onDrop(reason, items.length, message);
  }

  #tellIfSettled(): void {
    if (this.#outbox.length > 0) return;
    for (const tell of this.#onSettled.splice(0)) tell();
  }
}

function unexpected(error: unknown): Outcome {
  return { kind: 'retry', message: describeError(error), retryAfterMs: null, doubtful: true };
}

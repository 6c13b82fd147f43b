import type { Finding } from '../../crds/finding.ts';
import { type DropReason, type ExportAccount, type Fate, Ledger } from '../export/account.ts';
import type { Outcome } from '../export/outcome.ts';
import { Pace } from '../export/pace.ts';
import { type FlushLimits, SendLoop } from '../export/send-loop.ts';
import type { QueuedSpan } from '../export/span-queue.ts';
import type { SpanSpill } from '../export/span-spill.ts';
import { createTransport, type Transport, type TransportOptions } from '../export/transport.ts';
import { FindingQueue, type QueuedFinding } from './finding-queue.ts';

/** `url`: the gateway's address without a path. */
export interface FindingSenderOptions extends Omit<TransportOptions, 'timeoutMs'> {
  /** Where findings are kept while they wait; default in memory. What an earlier process left there is told too. */
  readonly spill?: SpanSpill | null;
  /** Told of what waits, the most severe first, each time that it changes; with a spill at the beginning too. */
  readonly onWaiting?: (waiting: readonly Finding[]) => void;
  /** Told once for each new kind of failure. */
  readonly onFailure: (message: string) => void;
  readonly onDrop: (reason: DropReason, count: number, message: string) => void;
}

export interface FindingSender {
  /** Sends the finding at once; until the gateway has taken it, it waits. */
  tell(finding: Finding): void;
  flush(limits: FlushLimits): Promise<void>;
  account(): ExportAccount;
  /** Stops for good; what still waits is counted as dropped (`unsent`), stays in the spill, and was the last that `onWaiting` was told. */
  close(): ExportAccount;
}

/** What may wait: more than the 200 of a job, since a runner can do one job after the other. */
const queueLimits = { findings: 500, bytes: 1024 * 1024 };
/** What the gateway takes at once. */
const most = { findings: 64, bytes: 128 * 1024 };
const envelope = { before: '{"findings":[', after: ']}' };
const timeoutMs = 5_000;
const firstPauseMs = 100;
/** The gateway takes five requests a second of a pod, spans included. What comes meanwhile goes together. */
const spacingMs = 500;

/** Tells people of findings, through the gateway. */
export function createFindingSender(options: FindingSenderOptions): FindingSender {
  return new QueueingSender(options);
}

class QueueingSender implements FindingSender {
  readonly #options: FindingSenderOptions;
  readonly #transport: Transport;
  readonly #pace: Pace;
  readonly #loop: SendLoop;
  readonly #ledger = new Ledger();
  readonly #queue = new FindingQueue(queueLimits);
  readonly #spill: SpanSpill | null;
  /** How many go at once: fewer after a refusal, until it is found which one was meant. */
  #atOnce = most.findings;
  #closed = false;

  constructor(options: FindingSenderOptions) {
    const { url, clock } = options;
    this.#options = options;
    this.#transport = createTransport({ ...options, url: `${url}/v1/findings`, timeoutMs });
    this.#pace = new Pace(clock, firstPauseMs);
    const isEmpty = () => this.#queue.length === 0;
    const onRest = () => this.#tidy();
    this.#loop = new SendLoop({ clock, pace: this.#pace, attempt: () => this.#attempt(), isEmpty, onRest });
    this.#spill = options.spill ?? null;
    for (const kept of this.#spill?.recover(this.#ledger) ?? []) this.#recover(kept);
    // An earlier process may have said that something waits which it could send after all.
    if (this.#spill !== null) this.#tellWaiting();
  }

  tell(finding: Finding): void {
    if (this.#spill?.isKnown(finding.id) === true) return;
    const text = JSON.stringify(finding);
    this.#ledger.added += 1;
    const item = { finding, text, bytes: Buffer.byteLength(text), kept: this.#keep(finding.id, text) };
    if (this.#closed) this.#drop('unsent', [item], 'the sensor is at its end');
    else this.#enqueue(item);
  }

  flush(limits: FlushLimits): Promise<void> {
    return this.#loop.flush(limits);
  }

  account(): ExportAccount {
    return this.#ledger.read(this.#queue.length, this.#queue.bytes);
  }

  close(): ExportAccount {
    if (this.#closed) return this.account();
    this.#closed = true;
    this.#transport.close();
    const left = this.#queue.first({ findings: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY });
    this.#queue.remove(left);
    this.#tellDrop('unsent', left, this.#ledger.lastFailure || 'there was no time left to send them');
    this.#spill?.close();
    this.#loop.close();
    return this.account();
  }

  #keep(spanId: string, text: string): QueuedSpan {
    const like = { spanClass: 'finding', priority: true, resource: '' } as const;
    const place = this.#closed ? null : (this.#spill?.keep({ ...like, spanId, text }) ?? null);
    return { ...like, text: place ?? text, bytes: Buffer.byteLength(text) };
  }

  #recover(kept: QueuedSpan): void {
    const text = typeof kept.text === 'string' ? kept.text : (this.#spill?.read(kept.text.place) ?? null);
    const finding = text === null ? null : parseFinding(text);
    if (text !== null && finding !== null) this.#enqueue({ finding, text, bytes: kept.bytes, kept });
    else {
      this.#spill?.settle([kept], 'unreadable');
      this.#ledger.settle('unreadable', [kept]);
    }
  }

  #enqueue(item: QueuedFinding): void {
    this.#drop('overflow', this.#queue.add(item), 'too many findings wait');
    this.#tellWaiting();
    this.#loop.wakeAfter(0);
  }

  #attempt(): Promise<number | null> | null {
    const items = this.#queue.first({ findings: this.#atOnce, bytes: most.bytes - envelopeBytes });
    if (items.length === 0) return null;
    const body = `${envelope.before}${items.map(({ text }) => text).join(',')}${envelope.after}`;
    return this.#transport.send(body).then((outcome) => this.#judge(items, outcome));
  }

  #judge(items: readonly QueuedFinding[], outcome: Outcome): number | null {
    // Closed meanwhile: they were already counted as unsent.
    if (this.#closed) return null;
    if (outcome.kind === 'retry') return this.#postpone(outcome);
    if (outcome.kind === 'sent') this.#settle('sent', items);
    else if (items.length > 1) {
      this.#atOnce = items.length >> 1;
      return null;
    } else if (outcome.kind === 'refused') this.#drop('refused', items, outcome.message);
    else this.#drop('too-large', items, 'the gateway answered 413 to a single one');
    this.#queue.remove(items);
    this.#atOnce = most.findings;
    this.#tellWaiting();
    return this.#paceAfter(outcome);
  }

  #postpone({ message, retryAfterMs }: Outcome & { kind: 'retry' }): number {
    if (message !== this.#ledger.lastFailure) this.#options.onFailure(message);
    this.#ledger.lastFailure = message;
    return this.#pace.pause(retryAfterMs);
  }

  #paceAfter({ kind }: Outcome): number | null {
    if (kind !== 'sent') return null;
    this.#pace.took();
    this.#ledger.lastFailure = '';
    return this.#pace.isHurried ? null : spacingMs;
  }

  #tidy(): void {
    if (this.#queue.length === 0) this.#spill?.tidy(this.#ledger);
  }

  #tellWaiting(): void {
    this.#options.onWaiting?.(this.#queue.items.map(({ finding }) => finding));
  }

  #settle(fate: Fate, items: readonly QueuedFinding[]): void {
    if (items.length === 0) return;
    const kept = items.map((item) => item.kept);
    this.#spill?.settle(kept, fate);
    this.#ledger.settle(fate, kept);
  }

  #drop(reason: DropReason, items: readonly QueuedFinding[], message: string): void {
    this.#spill?.settle(
      items.map((item) => item.kept),
      reason,
    );
    this.#tellDrop(reason, items, message);
  }

  #tellDrop(reason: DropReason, items: readonly QueuedFinding[], message: string): void {
    if (items.length === 0) return;
    this.#ledger.settle(
      reason,
      items.map((item) => item.kept),
    );
    this.#options.onDrop(reason, items.length, message);
  }
}

const envelopeBytes = envelope.before.length + envelope.after.length;

/** What an earlier process of ours wrote, with a checksum. */
function parseFinding(text: string): Finding | null {
  try {
    return JSON.parse(text) as Finding;
  } catch {
    return null;
  }
}

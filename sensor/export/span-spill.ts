import { type Place, RecordFile, type StoredRecord } from '../spill/record-file.ts';
import { type Fate, fates, type Ledger } from './account.ts';
import { type SpanClass, spanClasses } from './span-class.ts';
import type { QueuedSpan, SpilledSpan } from './span-queue.ts';

/** The kinds of records: a resource, a span of one, what became of spans; and of spans no longer in the file the books and the ids. */
const recordType = { resource: 1, span: 2, settled: 3, books: 4, ids: 5 } as const;
/** Of a span record, before its text: number, resource, class, priority, and at the end the span's id. */
const spanHeader = 24;
const idAt = 16;
const idBytes = 8;
/** Kept free by spans for records of what became of them. */
const roomForSettled = 1024 * 1024;
/** Of spans that are no longer in the file; more are of jobs long past. */
const mostIds = 100_000;

/** What a spill knows of a span beside its text. */
export interface SpanToKeep {
  /** 16 hex digits. */
  readonly spanId: string;
  readonly spanClass: SpanClass;
  readonly priority: boolean;
  readonly resource: string;
  readonly text: string;
}

/**
 * The queue's spans on the pod's scratch volume: what waits when this process is killed is there for the next one, byte for byte, and what was
 * settled is known, so that it is not sent again.
 */
export class SpanSpill {
  readonly #maxBytes: number;
  readonly #file: RecordFile;
  readonly #resources = new Map<string, number>();
  /** Ids of every span that was kept, while an earlier process's events are told again. */
  #known: Set<string> | null = new Set();
  #next = 0;

  /** Throws what the file system says when the file cannot be opened. */
  constructor(path: string, maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#file = new RecordFile(path, maxBytes);
  }

  /** What an earlier process left: the spans that were not settled, in order, and its books. Call it once, first. */
  recover(ledger: Ledger): QueuedSpan[] {
    const recovery = new Recovery(ledger);
    for (const record of this.#file.read()) recovery.take(record);
    for (const [index, resource] of recovery.resources.entries()) this.#resources.set(resource, index);
    this.#known = recovery.ids;
    this.#next = recovery.next;
    ledger.damaged += this.#file.damaged;
    return recovery.pending();
  }

  /** Whether an earlier process gave this span. */
  isKnown(spanId: string): boolean {
    return this.#known?.has(spanId) ?? false;
  }

  /** The earlier process's events have been told again: from here on every span is new. */
  forgetKnown(): void {
    this.#known = null;
  }

  /** `null`: no room, the span must stay in memory. */
  keep({ spanId, spanClass, priority, resource, text }: SpanToKeep): SpilledSpan | null {
    const index = this.#file.bytes < this.#maxBytes - roomForSettled ? this.#keepResource(resource) : null;
    if (index === null) return null;
    const header = Buffer.alloc(spanHeader);
    header.writeUInt32LE(this.#next, 0);
    header.writeUInt32LE(index, 4);
    header.writeUInt8(spanClasses.indexOf(spanClass), 8);
    header.writeUInt8(priority ? 1 : 0, 9);
    header.write(spanId, idAt, 'hex');
    const place = this.#file.append(recordType.span, [header, Buffer.from(text)]);
    if (place === null) return null;
    const number = this.#next;
    this.#next += 1;
    return { number, place: { at: place.at + spanHeader, length: place.length - spanHeader } };
  }

  read(place: Place): string | null {
    return this.#file.readBody(place)?.toString('utf8') ?? null;
  }

  /** What became of spans; those that are not in the file do not matter. */
  settle(items: readonly QueuedSpan[], fate: Fate): void {
    const numbers = items.flatMap(({ text }) => (typeof text === 'string' ? [] : [text.number]));
    if (numbers.length === 0) return;
    const body = Buffer.alloc(4 + 4 * numbers.length);
    body.writeUInt32LE(fates.indexOf(fate), 0);
    for (const [index, number] of numbers.entries()) body.writeUInt32LE(number, 4 + 4 * index);
    this.#file.append(recordType.settled, [body]);
  }

  /** With nothing waiting, books and ids are all that must be kept; worth it once the file is half full. */
  tidy(ledger: Ledger): void {
    if (this.#file.bytes < this.#maxBytes / 2) return;
    const ids = [...this.#file.read()].flatMap(idsIn).slice(-mostIds);
    this.#file.clear();
    this.#resources.clear();
    this.#file.append(recordType.ids, ids);
    this.#file.append(recordType.books, [Buffer.from(JSON.stringify(ledger.save()))]);
  }

  close(): void {
    this.#file.close();
  }

  #keepResource(resource: string): number | null {
    const known = this.#resources.get(resource);
    if (known !== undefined) return known;
    const index = this.#resources.size;
    if (this.#file.append(recordType.resource, [Buffer.from(resource)]) === null) return null;
    this.#resources.set(resource, index);
    return index;
  }
}

function idsIn({ type, body }: StoredRecord): Buffer[] {
  if (type === recordType.span) return [body.subarray(idAt, idAt + idBytes)];
  if (type !== recordType.ids) return [];
  return Array.from({ length: body.length / idBytes }, (_, index) =>
    body.subarray(index * idBytes).subarray(0, idBytes),
  );
}

/** Bytes of the body, by type. */
const shortest = new Map<number, number>([
  [recordType.span, spanHeader],
  [recordType.settled, 4],
]);

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
}

/** Reads an earlier process's records into books and spans. */
class Recovery {
  readonly resources: string[] = [];
  readonly ids = new Set<string>();
  next = 0;
  readonly #ledger: Ledger;
  readonly #waiting = new Map<number, QueuedSpan>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** One that is not as {@link SpanSpill} writes it is passed over and counted. */
  take(record: StoredRecord): void {
    if (record.body.length < (shortest.get(record.type) ?? 0)) {
      this.#ledger.damaged += 1;
      return;
    }
    for (const id of idsIn(record)) this.ids.add(id.toString('hex'));
    if (record.type === recordType.resource) this.resources.push(record.body.toString('utf8'));
    else if (record.type === recordType.span) this.#takeSpan(record);
    else if (record.type === recordType.settled) this.#takeSettled(record.body);
    else if (record.type === recordType.books) this.#ledger.restore(parseJson(record.body));
  }

  pending(): QueuedSpan[] {
    return [...this.#waiting.values()];
  }

  #takeSpan({ at, length, body }: StoredRecord): void {
    const number = body.readUInt32LE(0);
    const resource = this.resources[body.readUInt32LE(4)];
    const spanClass = spanClasses[body.readUInt8(8)] ?? 'other';
    const place = { at: at + spanHeader, length: length - spanHeader };
    this.next = number + 1;
    this.#ledger.added += 1;
    const span = { spanClass, priority: body.readUInt8(9) === 1, text: { number, place }, bytes: place.length };
    if (resource === undefined) this.#ledger.settle('unreadable', [span]);
    else this.#waiting.set(number, { ...span, resource });
  }

  #takeSettled(body: Buffer): void {
    const fate = fates[body.readUInt32LE(0)] ?? 'sent';
    for (let at = 4; at + 4 <= body.length; at += 4) {
      const number = body.readUInt32LE(at);
      const span = this.#waiting.get(number);
      if (span !== undefined && this.#waiting.delete(number)) this.#ledger.settle(fate, [span]);
    }
  }
}

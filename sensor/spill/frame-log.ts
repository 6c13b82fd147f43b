import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { FrameSplitter } from '../decode/frame-splitter.ts';
import type { ProbeEvent } from '../decode/probe-events.ts';
import { readFrame } from '../decode/read-frame.ts';
import type { FrameKeeper } from '../probe-link/probe-link.ts';
import type { RecordFile } from './record-file.ts';

/** What {@link FrameLog.replay} gives: what the probe told, and the ticks between, in their order. */
export type Recorded = { readonly event: ProbeEvent } | { readonly tick: bigint };

/** The kinds of records: the start of a process that writes here, frames one after the other, a tick. */
const recordType = { start: 1, frames: 2, tick: 3 } as const;
/** A log that several processes in a row could not live with is not told a further time: it may be what ends them. */
const mostReplays = 3;
/** The probe is told of what was kept in steps of this, in bytes, so that it seldom holds more. */
const ackEvery = 64 * 1024;

const cipher = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

/**
 * Everything that the probe has told, kept so that a process that is killed in the middle of a job is followed by one that knows what it knew.
 * Arguments stand in it as the job gave them, so it is encrypted; the key lives in memory only.
 */
export class FrameLog implements FrameKeeper {
  readonly #file: RecordFile | null;
  readonly #key: Buffer;
  /** Of the probe whose frames these are. */
  #probe = '';
  /** Where in that probe's stream the next frame lies, and up to where it is kept. */
  #position = 0;
  #kept = 0;
  #told = -1;
  /** No room was left for a frame, or a frame is missing: what follows would not make sense. */
  #broken = false;
  #unwritten: Buffer[] = [];

  /** Without a file nothing is kept, and the probe is told that it may forget all the same. */
  constructor(file: RecordFile | null, key: Buffer) {
    this.#file = file;
    this.#key = key;
  }

  /** What earlier processes were told; nothing where that has failed too often. Call it once, first. */
  *replay(): Generator<Recorded> {
    const file = this.#file;
    if (file === null) return;
    let starts = 0;
    for (const { type } of file.read()) starts += type === recordType.start ? 1 : 0;
    if (starts > mostReplays) file.clear();
    else for (const { type, body } of file.read()) yield* this.#open(type, body);
    this.#broken = file.append(recordType.start, []) === null;
  }

  /** Whether the process that comes next will know all that this one was told. */
  get isWhole(): boolean {
    return this.#file !== null && !this.#broken;
  }

  tick(time: bigint): void {
    const body = Buffer.alloc(8);
    body.writeBigUInt64LE(time);
    this.#write(recordType.tick, body);
  }

  take(frame: Buffer, event: ProbeEvent): boolean {
    if (event.kind === 'hello') {
      this.#greeted(event.started, event.position);
      this.#unwritten.push(frame);
      return true;
    }
    this.#position += frame.length;
    if (this.#position <= this.#kept) return false;
    this.#unwritten.push(frame);
    return true;
  }

  keep(): number | null {
    if (this.#unwritten.length > 0) this.#write(recordType.frames, Buffer.concat(this.#unwritten.splice(0)));
    this.#kept = Math.max(this.#kept, this.#position);
    if (this.#told >= 0 && this.#position - this.#told < ackEvery) return null;
    this.#told = this.#position;
    return this.#position;
  }

  /** Something is missing between what is kept and what comes: then what comes is all there is to go on with. */
  #greeted(probe: string, position: number): void {
    const follows = probe === this.#probe && position <= this.#kept;
    if (!follows) this.#kept = position;
    this.#probe = probe;
    this.#position = position;
    this.#told = -1;
  }

  #write(type: number, body: Buffer): void {
    if (this.#broken || this.#file === null) return;
    const iv = randomBytes(ivBytes);
    const lock = createCipheriv(cipher, this.#key, iv);
    const sealed = [iv, lock.update(body), lock.final(), lock.getAuthTag()];
    this.#broken = this.#file.append(type, sealed) === null;
  }

  *#open(type: number, body: Buffer): Generator<Recorded> {
    if (type === recordType.start) return;
    const content = this.#unseal(body);
    if (content === null) return;
    if (type === recordType.tick) yield { tick: content.readBigUInt64LE(0) };
    else if (type === recordType.frames) yield* this.#readFrames(content);
  }

  *#readFrames(content: Buffer): Generator<Recorded> {
    for (const frame of new FrameSplitter().push(content)) {
      const event = readFrame(frame);
      if (event.kind === 'hello') {
        this.#greeted(event.started, event.position);
        this.#position = this.#kept; // what came again was not written again
      } else this.#position += frame.length;
      this.#kept = Math.max(this.#kept, this.#position);
      yield { event };
    }
  }

  /** `null`: written with another key, or by somebody else. */
  #unseal(body: Buffer): Buffer | null {
    if (body.length < ivBytes + tagBytes) return null;
    const lock = createDecipheriv(cipher, this.#key, body.subarray(0, ivBytes));
    lock.setAuthTag(body.subarray(-tagBytes));
    try {
      return Buffer.concat([lock.update(body.subarray(ivBytes, -tagBytes)), lock.final()]);
    } catch {
      return null;
    }
  }
}

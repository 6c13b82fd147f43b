/** A part of a TCP stream as one packet carried it. */
export interface Segment {
  /** Of its first byte. */
  readonly sequence: number;
  /** How many bytes there were, of which the first may have been copied. */
  readonly sent: number;
  readonly bytes: Uint8Array;
}

/** Beyond this a segment is of another connection. */
const window = 1 << 24;
const mostEarly = 8;

/**
 * One direction of a TCP connection with a resolver: messages, each with its length before it (RFC 1035, 4.2.2), however segments cut them. Segments
 * that come twice are taken once, those that come before their turn wait for it. It begins with the first segment that it is given.
 */
export class DnsStream {
  /** Where one message ends and the next begins is no longer known: what was lost or not copied held it. */
  isLost = false;
  #next: number | null = null;
  readonly #early = new Map<number, Segment>();
  #reader = new MessageReader();

  /** A message has begun and not come to its end. */
  get isOpen(): boolean {
    return this.#reader.isOpen || this.#early.size > 0;
  }

  /** The messages that end with this segment. One may lack what was not copied. */
  take(segment: Segment): Uint8Array[] {
    const ahead = this.#next === null ? 0 : (segment.sequence - this.#next) | 0;
    if (Math.abs(ahead) > window) this.#begin();
    else if (ahead > 0) return this.#wait(segment);
    const messages = this.#append(segment);
    for (let next = this.#takeEarly(); next !== null; next = this.#takeEarly()) messages.push(...this.#append(next));
    return messages;
  }

  /** The socket was connected again. */
  #begin(): void {
    this.isLost = false;
    this.#next = null;
    this.#early.clear();
    this.#reader = new MessageReader();
  }

  #wait(segment: Segment): Uint8Array[] {
    if (this.#early.size < mostEarly) this.#early.set(segment.sequence, { ...segment, bytes: segment.bytes.slice() });
    else {
      this.isLost = true;
      this.#early.clear();
    }
    return [];
  }

  #takeEarly(): Segment | null {
    for (const [sequence, segment] of this.#early) {
      if (((sequence - (this.#next ?? 0)) | 0) > 0) continue;
      this.#early.delete(sequence);
      return segment;
    }
    return null;
  }

  #append({ sequence, sent, bytes }: Segment): Uint8Array[] {
    const known = this.#next === null ? 0 : (this.#next - sequence) | 0;
    if (known >= sent || this.isLost) return [];
    this.#next = (sequence + sent) >>> 0;
    const messages = this.#reader.read(bytes.subarray(known));
    const uncopied = sent - Math.max(bytes.length, known);
    if (uncopied > 0) {
      const last = this.#reader.skip(uncopied);
      if (last !== null) messages.push(last);
    }
    this.isLost = this.#reader.isLost;
    return messages;
  }
}

/** Cuts a stream into its messages. */
class MessageReader {
  isLost = false;
  /** Of the length before a message, so far. */
  #head: number[] = [];
  /** Bytes of the message that are to come; `null` between messages. */
  #left: number | null = null;
  /** Its own, since a frame is not to be kept for a part of it. */
  #message: Buffer = Buffer.alloc(0);
  #filled = 0;
  /** What follows in the message is behind a gap. */
  #isCut = false;

  get isOpen(): boolean {
    return this.#left !== null || this.#head.length > 0;
  }

  read(bytes: Uint8Array): Uint8Array[] {
    const messages: Uint8Array[] = [];
    for (let at = 0; at < bytes.length && !this.isLost; ) {
      const [taken, message] =
        this.#left === null ? this.#readHead(bytes[at] ?? 0) : this.#readBody(bytes.subarray(at), this.#left);
      at += taken;
      if (message !== null) messages.push(message);
    }
    return messages;
  }

  /** Passes over what was not copied; the message that ends with it, as far as it is there. */
  skip(count: number): Uint8Array | null {
    this.isLost ||= this.#left === null || count > this.#left;
    if (this.#left === null) return null;
    this.#isCut = true;
    return this.isLost || this.#pass(count) ? this.#end() : null;
  }

  /** No message is empty: it would be the middle of something else. */
  #readHead(byte: number): [taken: number, message: null] {
    this.#head.push(byte);
    const [high = 0, low] = this.#head;
    if (low === undefined) return [1, null];
    this.#head = [];
    this.#left = (high << 8) | low;
    this.#message = Buffer.alloc(this.#left);
    this.#filled = 0;
    this.isLost = this.#left === 0;
    return [1, null];
  }

  #readBody(bytes: Uint8Array, left: number): [taken: number, message: Uint8Array | null] {
    const part = bytes.subarray(0, left);
    if (!this.#isCut) this.#filled += Buffer.from(part).copy(this.#message, this.#filled);
    return [part.length, this.#pass(part.length) ? this.#end() : null];
  }

  #pass(count: number): boolean {
    this.#left = (this.#left ?? 0) - count;
    return this.#left === 0;
  }

  #end(): Uint8Array {
    this.#left = null;
    this.#isCut = false;
    return this.#message.subarray(0, this.#filled);
  }
}

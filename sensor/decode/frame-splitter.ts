import { eventHeaderSize } from './layout.gen.ts';

/** No frame is larger: a length beyond it means that the stream is not what it should be. */
const largestFrame: number = 1 << 20;

/**
 * Cuts a byte stream into frames. A length that cannot be ends it for good, for nothing after it can be trusted: `broken` is then true and
 * everything that follows is ignored.
 */
export class FrameSplitter {
  broken = false;
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** How many bytes the first frame in `#held` needs, header's length field included. */
  #wanted = 4;

  /** The frames that are whole with this chunk. They may share its memory: decode them before it is used again. */
  push(chunk: Buffer): Buffer[] {
    if (this.broken || chunk.length === 0) return [];
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes < this.#wanted) return [];
    return this.#split(this.#held.length === 1 ? chunk : Buffer.concat(this.#held));
  }

  #split(bytes: Buffer): Buffer[] {
    const frames: Buffer[] = [];
    let at = 0;
    this.#wanted = 4;
    while (bytes.length - at >= 4) {
      const length = bytes.readUInt32LE(at);
      if (!isFrameLength(length)) return this.#break(frames);
      this.#wanted = length;
      if (bytes.length - at < length) break;
      frames.push(bytes.subarray(at, at + length));
      at += length;
      this.#wanted = 4;
    }
    this.#held = at < bytes.length ? [bytes.subarray(at)] : [];
    this.#heldBytes = bytes.length - at;
    return frames;
  }

  #break(frames: Buffer[]): Buffer[] {
    this.broken = true;
    this.#held = [];
    this.#heldBytes = 0;
    return frames;
  }
}

function isFrameLength(length: number): boolean {
  return length >= eventHeaderSize && length <= largestFrame && length % 8 === 0;
}

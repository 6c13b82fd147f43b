/** Bytes of each text that are kept: more than counts of most commands, also where they stand in JSON of the agent's own (bounded.ts). */
const kept = 8 << 10;

const quote = 0x22;
const backslash = 0x5c;
const letterU = 0x75;

/** Passes JSON on as it comes, its long texts cut: some agents tell their whole conversation with each answer of their model, of which nothing is read. */
export class LongTexts {
  /** Of the text that it is in, so far; -1: it is in none. */
  #length = -1;
  /** Bytes to the end of an escape, which is kept whole or not at all; 5: what follows the backslash says how many. */
  #escape = 0;

  /** What is left, in the chunk's own memory. */
  pass(chunk: Buffer): Buffer {
    let end = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] as number;
      if (!this.#keeps(byte)) continue;
      chunk[end] = byte;
      end += 1;
    }
    return chunk.subarray(0, end);
  }

  #keeps(byte: number): boolean {
    if (this.#length >= 0) this.#read(byte);
    else if (byte === quote) this.#length = 0;
    return this.#length <= kept;
  }

  /** Within a text. */
  #read(byte: number): void {
    if (this.#escape === 5) this.#escape = byte === letterU ? 4 : 0;
    else if (this.#escape > 0) this.#escape -= 1;
    else if (byte === quote) this.#length = -1;
    else {
      this.#length += 1;
      if (byte === backslash) this.#escape = 5;
    }
  }
}

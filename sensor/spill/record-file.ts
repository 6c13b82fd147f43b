import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writevSync } from 'node:fs';
import { crc32 } from 'node:zlib';

/** Where a record's body lies in its file. */
export interface Place {
  readonly at: number;
  readonly length: number;
}

export interface StoredRecord extends Place {
  readonly type: number;
  readonly body: Buffer;
}

/** Before each body: a mark, the body's length, its checksum, and its type; little endian. */
const headerBytes = 16;
const mark = 0x43485031;
/** Larger records are not written, so a larger length is a damaged one. */
const largestBody = 4 * 1024 * 1024;

/**
 * A file of checksummed records, written at its end and read back by whoever comes next. It survives the process, not the machine: nothing
 * is synced to the disk, since what it is for ends with the pod. A full disk or a bound that is reached is an answer, never an exception.
 */
export class RecordFile {
  /** Records that were there and could not be read, such as the last one of a process that was killed. */
  damaged = 0;
  readonly #fd: number;
  readonly #maxBytes: number;
  #end: number;

  /** Opens or makes the file, for its owner alone. Throws what the file system says. */
  constructor(path: string, maxBytes: number) {
    this.#fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
    this.#maxBytes = maxBytes;
    this.#end = fstatSync(this.#fd).size;
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#end;
  }

  /**
   * The records from the first on. One whose checksum is wrong is left out; behind one whose length cannot be, nothing can be trusted,
   * and the file is cut there.
   */
  *read(): Generator<StoredRecord> {
    for (let at = 0; at < this.#end; ) {
      const header = this.#readHeader(at);
      if (header === null) {
        this.damaged += 1;
        this.#cut(at);
        return;
      }
      const { length, sum, type } = header;
      const place = { at: at + headerBytes, length };
      const body = this.#readBytes(place.at, length);
      if (body !== null && checksum(type, [body]) === sum) yield { ...place, type, body };
      else this.damaged += 1;
      at += headerBytes + length;
    }
  }

  /** Writes a record at the end; `null` when there is no room for it. */
  append(type: number, body: readonly Uint8Array[]): Place | null {
    const length = body.reduce((sum, part) => sum + part.length, 0);
    if (length > largestBody || this.#end + headerBytes + length > this.#maxBytes) return null;
    const header = Buffer.alloc(headerBytes);
    header.writeUInt32LE(mark, 0);
    header.writeUInt32LE(length, 4);
    header.writeUInt32LE(checksum(type, body), 8);
    header.writeUInt32LE(type, 12);
    if (!this.#write([header, ...body], headerBytes + length)) return null;
    const place = { at: this.#end + headerBytes, length };
    this.#end += headerBytes + length;
    return place;
  }

  /** Reads a body again; `null` if the disk does not give it back. */
  readBody({ at, length }: Place): Buffer | null {
    return this.#readBytes(at, length);
  }

  /** Forgets every record. */
  clear(): void {
    this.#cut(0);
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** What was written in part is overwritten by the next record. */
  #write(parts: readonly Uint8Array[], length: number): boolean {
    try {
      return writevSync(this.#fd, [...parts], this.#end) === length;
    } catch {
      return false;
    }
  }

  /** `null` where no record can begin. */
  #readHeader(at: number): { length: number; sum: number; type: number } | null {
    const header = this.#readBytes(at, headerBytes);
    if (header === null || header.readUInt32LE(0) !== mark) return null;
    const length = header.readUInt32LE(4);
    if (length > largestBody || at + headerBytes + length > this.#end) return null;
    return { length, sum: header.readUInt32LE(8), type: header.readUInt32LE(12) };
  }

  #readBytes(at: number, length: number): Buffer | null {
    const bytes = Buffer.allocUnsafe(length);
    try {
      return readSync(this.#fd, bytes, 0, length, at) === length ? bytes : null;
    } catch {
      return null;
    }
  }

  #cut(at: number): void {
    this.#end = at;
    try {
      ftruncateSync(this.#fd, at);
    } catch {
      // The next record overwrites what is left.
    }
  }
}

function checksum(type: number, body: readonly Uint8Array[]): number {
  return body.reduce((sum, part) => crc32(part, sum), type);
}

import { readHostName } from './host-name.ts';

/** Numbers of RFC 8446 (4, 5.1) and RFC 6066 (3). */
const handshakeRecord = 22;
const clientHello = 1;
const serverNameExtension = 0;
const hostNameType = 0;

/**
 * The server name in the first bytes of a stream, if they are a TLS ClientHello that fits in one record and in those bytes as they were sent;
 * `sent` is how many there were, of which `bytes` may hold only the first. A hello that was split names nobody: nothing here is put together again.
 */
export function serverNameIn(bytes: Uint8Array, sent: number): string | null {
  const record = new Reader(bytes);
  const isHandshake = record.byte() === handshakeRecord && record.byte() === 3 && record.byte() !== null;
  const recordLength = record.uint16();
  if (!isHandshake || recordLength === null || sent < 5 + recordLength) return null;
  if (record.byte() !== clientHello) return null;
  const helloLength = record.uint24();
  if (helloLength === null || helloLength + 4 > recordLength) return null;
  // Version and random; session id, cipher suites, compression methods.
  if (
    !(record.skip(2 + 32) && record.skip(record.byte()) && record.skip(record.uint16()) && record.skip(record.byte()))
  )
    return null;
  const length = record.uint16();
  return length === null ? null : serverNameAmong(record, Math.min(record.at + length, 9 + helloLength));
}

function serverNameAmong(extensions: Reader, end: number): string | null {
  while (extensions.at + 4 <= end) {
    const type = extensions.uint16();
    const length = extensions.uint16();
    if (length === null || extensions.at + length > end) return null;
    if (type === serverNameExtension) return hostNameOf(extensions.take(length));
    if (!extensions.skip(length)) return null;
  }
  return null;
}

/** A list of names by type, of which only one was ever defined; so it holds one entry. */
function hostNameOf(list: Uint8Array | null): string | null {
  if (list === null) return null;
  const entry = new Reader(list);
  if (entry.uint16() !== list.length - 2 || entry.byte() !== hostNameType) return null;
  const length = entry.uint16();
  if (length === null || length !== list.length - 5) return null;
  return readHostName(entry.take(length));
}

/** Reads on within its bytes; `null` or false where they end. */
class Reader {
  at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  byte(): number | null {
    return this.#number(1);
  }

  uint16(): number | null {
    return this.#number(2);
  }

  uint24(): number | null {
    return this.#number(3);
  }

  take(count: number): Uint8Array | null {
    const from = this.at;
    return this.skip(count) ? this.#bytes.subarray(from, from + count) : null;
  }

  skip(count: number | null): boolean {
    if (count === null || this.at + count > this.#bytes.length) return false;
    this.at += count;
    return true;
  }

  #number(size: number): number | null {
    return this.take(size)?.reduce((value, byte) => value * 256 + byte, 0) ?? null;
  }
}

import { writeUint16 } from './dns-bytes.ts';

export interface HelloParts {
  /** In order; the server name's is type 0. */
  readonly extensions: readonly Buffer[];
  /** Bytes of the record's length field that are more (or less) than there are. */
  readonly lie?: number;
}

/** A ClientHello in one record, for tests. */
export function writeHello({ extensions, lie = 0 }: HelloParts): Buffer {
  const body = Buffer.concat([
    writeUint16(0x0303),
    Buffer.alloc(32, 1),
    Buffer.from([32]),
    Buffer.alloc(32, 2),
    writeUint16(4, 0x1301, 0x1302),
    Buffer.from([1, 0]),
    writeUint16(extensions.reduce((sum, { length }) => sum + length, 0)),
    ...extensions,
  ]);
  const handshake = Buffer.concat([Buffer.from([1, 0]), writeUint16(body.length), body]);
  return Buffer.concat([Buffer.from([22, 3, 1]), writeUint16(handshake.length + lie), handshake]);
}

export function writeExtension(type: number, data: Buffer): Buffer {
  return Buffer.concat([writeUint16(type, data.length), data]);
}

export function serverNameExtension(name: string): Buffer {
  const text = Buffer.from(name, 'latin1');
  return writeExtension(
    0,
    Buffer.concat([writeUint16(text.length + 3), Buffer.from([0]), writeUint16(text.length), text]),
  );
}

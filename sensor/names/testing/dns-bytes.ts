/** Messages as resolvers and their clients write them, for tests; nothing is compressed unless a part says so. */
export interface MessageParts {
  readonly id?: number;
  readonly flags?: number;
  readonly name: string;
  readonly type?: number;
  readonly answers?: readonly RecordParts[];
  /** After the answers, such as EDNS's OPT record. */
  readonly additional?: Buffer;
}

export interface RecordParts {
  readonly name: string | Buffer;
  readonly type: number;
  readonly data: Buffer;
}

/** An answer's flags: QR, RD, RA; the response code is added. */
export const answerFlags = 0x8180;
/** A question's flags: RD. */
const questionFlags = 0x0100;
/** A pointer to the question's name. */
export const questionName: Buffer = Buffer.from([0xc0, 12]);
/** An OPT record as clients send it (RFC 6891). */
export const edns: Buffer = Buffer.from([0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]);

export function writeMessage({ id = 7, flags = questionFlags, name, type = 1, ...rest }: MessageParts): Buffer {
  const { answers = [], additional = Buffer.alloc(0) } = rest;
  const head = Buffer.alloc(12);
  head.writeUInt16BE(id, 0);
  head.writeUInt16BE(flags, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(answers.length, 6);
  head.writeUInt16BE(additional.length > 0 ? 1 : 0, 10);
  return Buffer.concat([head, writeName(name), writeUint16(type, 1), ...answers.map(writeRecord), additional]);
}

/** Labels are what stands between dots. */
export function writeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  return Buffer.concat([...labels.map(writeLabel), Buffer.from([0])]);
}

export function writeLabel(label: string): Buffer {
  return Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')]);
}

export function writeUint16(...values: number[]): Buffer {
  return Buffer.from(values.flatMap((value) => [value >> 8, value & 0xff]));
}

function writeRecord({ name, type, data }: RecordParts): Buffer {
  const owner = typeof name === 'string' ? writeName(name) : name;
  return Buffer.concat([owner, writeUint16(type, 1, 0, 60, data.length), data]);
}

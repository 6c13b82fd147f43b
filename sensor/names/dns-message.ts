import { formatAddress } from '../decode/format-address.ts';
import { readName } from './domain-name.ts';

/** One question for the Internet class, or its answer, as far as it is of use here. Names are as `readName` writes them. */
export interface DnsMessage {
  readonly id: number;
  readonly isAnswer: boolean;
  /** Response code: 0 is success, 3 a name that does not exist; not extended by EDNS. */
  readonly rcode: number;
  readonly name: string;
  /** `recordType`, or any other number. */
  readonly type: number;
  /** Of the answer section, up to the first that cannot be read or was cut away. */
  readonly records: readonly DnsRecord[];
}

export interface DnsRecord {
  readonly name: string;
  readonly type: number;
  /** The address of an A or AAAA as text, the target of a CNAME; `null` for every other type. */
  readonly value: string | null;
}

/** The types that lead from a name to an address (RFC 1035, 3596). */
export const recordType = { a: 1, cname: 5, aaaa: 28, any: 255 } as const;

const headerBytes = 12;
const internet = 1;
/** QR, opcode and rcode in the header's second pair of bytes. */
const answerBit = 0x8000;
const opcodeBits = 0x7800;
const rcodeBits = 0x000f;

/** Reads a message; `null` if it is not one standard query with one question. Never throws, and reads no byte more often than it is pointed to. */
export function parseDnsMessage(bytes: Uint8Array): DnsMessage | null {
  if (bytes.length < headerBytes) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const flags = view.getUint16(2);
  if ((flags & opcodeBits) !== 0 || view.getUint16(4) !== 1) return null;
  const question = readName(bytes, headerBytes);
  if (question === null || question.end + 4 > bytes.length) return null;
  if (view.getUint16(question.end + 2) !== internet) return null;
  return {
    id: view.getUint16(0),
    isAnswer: (flags & answerBit) !== 0,
    rcode: flags & rcodeBits,
    name: question.text,
    type: view.getUint16(question.end),
    records: readRecords(view, bytes, { at: question.end + 4, count: view.getUint16(6) }),
  };
}

/**
 * The addresses that a message gives its question's name: of the type that was asked for, at the end of one chain of aliases without a circle.
 * What hangs at any other name gives nothing.
 */
export function addressesIn(message: DnsMessage): string[] {
  const owner = endOfAliases(message);
  const isAsked = ({ type }: DnsRecord) =>
    isAddress(type) && (message.type === type || message.type === recordType.any);
  const asked = message.records.filter((record) => record.name === owner && isAsked(record));
  return [...new Set(asked.flatMap(({ value }) => (value === null ? [] : [value])))];
}

/** `null` where the aliases go in a circle, or a name has two. */
function endOfAliases({ name, records }: DnsMessage): string | null {
  const aliases = new Map<string, string | null>();
  for (const record of records) {
    if (record.type !== recordType.cname) continue;
    const known = aliases.get(record.name);
    aliases.set(record.name, known === undefined || known === record.value ? record.value : null);
  }
  let owner: string | null = name;
  for (let step = 0; step <= aliases.size && owner !== null; step += 1) {
    const next = aliases.get(owner);
    if (next === undefined) return owner;
    owner = next;
  }
  return null;
}

function readRecords(view: DataView, bytes: Uint8Array, from: { at: number; count: number }): DnsRecord[] {
  const records: DnsRecord[] = [];
  let { at } = from;
  while (records.length < from.count) {
    const owner = readName(bytes, at);
    if (owner === null || owner.end + 10 > bytes.length) break;
    const data = owner.end + 10;
    const end = data + view.getUint16(owner.end + 8);
    if (end > bytes.length) break;
    const type = view.getUint16(owner.end);
    const value = view.getUint16(owner.end + 2) === internet ? readValue(bytes, type, { data, end }) : null;
    records.push({ name: owner.text, type, value });
    at = end;
  }
  return records;
}

function readValue(bytes: Uint8Array, type: number, { data, end }: { data: number; end: number }): string | null {
  if (type === recordType.cname) return readName(bytes, data)?.text ?? null;
  if (!isAddress(type) || end - data !== (type === recordType.a ? 4 : 16)) return null;
  return formatAddress(type === recordType.a ? 4 : 6, bytes.subarray(data, end))?.address ?? null;
}

function isAddress(type: number): boolean {
  return type === recordType.a || type === recordType.aaaa;
}

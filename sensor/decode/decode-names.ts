import { fields } from './fields.ts';
import { formatAddress } from './format-address.ts';
import {
  dnsDirection,
  dnsEventSize,
  openingEventSize,
  type RawEventHeader,
  readDnsEvent,
  readOpeningEvent,
} from './layout.gen.ts';
import type { DnsEvent, OpeningEvent } from './name-events.ts';

const transports = new Map<number, DnsEvent['transport']>([
  [6, 'tcp'],
  [17, 'udp'],
]);

const directions = new Map<number, DnsEvent['direction']>([
  [dnsDirection.question, 'sent'],
  [dnsDirection.answer, 'received'],
]);

export function decodeDns(frame: Buffer, view: DataView, header: RawEventHeader): DnsEvent | 'malformed' {
  if (frame.length < dnsEventSize) return 'malformed';
  const dns = readDnsEvent(view, 0);
  const transport = transports.get(dns.protocol);
  const direction = directions.get(dns.direction);
  const resolver = formatAddress(dns.family, dns.addr);
  const bytes = bytesBehind(frame, dnsEventSize, dns.len);
  if (transport === undefined || direction === undefined || resolver === null || bytes === null) return 'malformed';
  const { socket, port, sent, segment, sequence } = dns;
  return {
    ...fields(header),
    kind: 'dns',
    socket: socket.toString(),
    direction,
    transport,
    ...resolver,
    port,
    bytes,
    sent,
    segment,
    sequence,
  };
}

export function decodeOpening(frame: Buffer, view: DataView, header: RawEventHeader): OpeningEvent | 'malformed' {
  if (frame.length < openingEventSize) return 'malformed';
  const { socket, len, sent } = readOpeningEvent(view, 0);
  const bytes = bytesBehind(frame, openingEventSize, len);
  return bytes === null ? 'malformed' : { ...fields(header), kind: 'opening', socket: socket.toString(), bytes, sent };
}

function bytesBehind(frame: Buffer, at: number, length: number): Uint8Array | null {
  return at + length > frame.length ? null : frame.subarray(at, at + length);
}

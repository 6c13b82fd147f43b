import type { DnsEvent } from '../decode/events.ts';

type Packet = Pick<DnsEvent, 'transport' | 'bytes' | 'sent' | 'segment'>;

/**
 * The messages of one packet: of a datagram, of several that pass as one, or of one segment of a TCP stream, in which each has its length before it (RFC 1035, 4.2.2). A message that does not
 * begin and end in the segment is left out: streams are not put together again. The last may lack what was sent but not copied.
 */
export function messagesIn(packet: Packet): Uint8Array[] {
  return packet.transport === 'udp' ? datagramsIn(packet) : streamedIn(packet);
}

/** Empty ones, too, for what was not copied: somebody asked. */
function datagramsIn({ bytes, sent, segment }: Packet): Uint8Array[] {
  if (segment === 0) return [bytes];
  const count = Math.ceil(sent / segment);
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * segment, (index + 1) * segment));
}

function streamedIn({ bytes, sent }: Packet): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    const end = at + 2 + length;
    if (length === 0 || end > sent) break;
    messages.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return messages;
}

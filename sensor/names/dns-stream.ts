import type { DnsEvent } from '../decode/events.ts';

/**
 * The messages of one datagram, or of one segment of a TCP stream, in which each has its length before it (RFC 1035, 4.2.2). A message that does not
 * begin and end in the segment is left out: streams are not put together again. The last may lack what was sent but not copied.
 */
export function messagesIn({ transport, bytes, sent }: Pick<DnsEvent, 'transport' | 'bytes' | 'sent'>): Uint8Array[] {
  if (transport === 'udp') return [bytes];
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

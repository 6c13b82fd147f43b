import type { DnsEvent } from '../decode/name-events.ts';
import { DnsStream } from './dns-stream.ts';

/** How many streams are followed; of each at most one message and a few early segments are held. */
const mostStreams = 32;

/** Finds the messages in packets to and from resolvers. */
export class DnsMessages {
  #unreadable = 0;
  readonly #streams = new Map<string, DnsStream>();

  /** Parts of messages whose rest did not come, or could not be told from others. */
  get unreadable(): number {
    return this.#unreadable + [...this.#streams.values()].filter(({ isOpen }) => isOpen).length;
  }

  /** The messages of a datagram, of several that pass as one, or those that end with this segment of a TCP stream. They may lack what was sent but not copied. */
  in(event: DnsEvent): Uint8Array[] {
    return event.transport === 'udp' ? datagramsIn(event) : this.#streamedIn(event);
  }

  #streamedIn(event: DnsEvent): Uint8Array[] {
    const key = `${event.socket}/${event.direction}`;
    const stream = this.#streams.get(key) ?? new DnsStream();
    this.#streams.delete(key);
    this.#streams.set(key, stream);
    if (this.#streams.size > mostStreams) this.#dropOldest();
    const messages = stream.take(event);
    if (stream.isLost && messages.length === 0) this.#unreadable += 1;
    return messages;
  }

  #dropOldest(): void {
    for (const [key, { isOpen }] of this.#streams) {
      if (isOpen) this.#unreadable += 1;
      this.#streams.delete(key);
      return;
    }
  }
}

/** Empty ones, too, for what was not copied: somebody asked. */
function datagramsIn({ bytes, sent, segment }: DnsEvent): Uint8Array[] {
  if (segment === 0) return [bytes];
  const count = Math.ceil(sent / segment);
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * segment, (index + 1) * segment));
}

import type { DnsEvent } from '../decode/name-events.ts';
import type { DnsMessage } from './dns-message.ts';

/** A question that may still be answered. */
interface Pending<Asker> {
  readonly asker: Asker;
  /** Address of the one who was asked. */
  readonly resolver: string;
  /** Asked again before an answer came, it may be answered as often. */
  times: number;
}

const mostPending = 8_192;

/**
 * Finds the question that an answer answers: of the same socket, transport, id, name and type, and asked of the address that the answer came from. Here and not in the kernel,
 * because questions and answers arrive in the kernel's order anyway, and a table in the kernel would be one more place that forgets. An answer to
 * no question is worth nothing, wherever it comes from.
 */
export class Questions<Asker> {
  /** Answers to no question: forged, late, or to one that had to make room. */
  unasked = 0;
  readonly #pending = new Map<string, Pending<Asker>>();
  readonly #most: number;

  constructor(most = mostPending) {
    this.#most = most;
  }

  asked(event: DnsEvent, message: DnsMessage, asker: Asker): void {
    const key = keyOf(event, message);
    const before = this.#pending.get(key);
    this.#pending.delete(key);
    this.#pending.set(key, { asker, resolver: event.address, times: (before?.times ?? 0) + 1 });
    if (this.#pending.size <= this.#most) return;
    for (const oldest of this.#pending.keys()) {
      this.#pending.delete(oldest);
      break;
    }
  }

  /** Who asked; `null` if nobody did. */
  answered(event: DnsEvent, message: DnsMessage): Asker | null {
    const key = keyOf(event, message);
    const pending = this.#pending.get(key);
    if (pending === undefined || pending.resolver !== event.address) {
      this.unasked += 1;
      return null;
    }
    pending.times -= 1;
    if (pending.times === 0) this.#pending.delete(key);
    return pending.asker;
  }
}

function keyOf(event: DnsEvent, { id, type, name }: DnsMessage): string {
  return `${event.socket}/${event.transport}/${id}/${type}/${name}`;
}

import type { SpeakerEvent } from '../../decode/socket-events.ts';

/** Ends of connections that nobody has asked about; the oldest make room. */
const maxEnds = 4_096;
/** Connections from one end that nobody has asked about: more tell nothing new. */
const maxAtEnd = 2;

/**
 * Who is at the other end of a connection to the receiver, as the kernel tells it. A pair of address and port is one process's at a time, but soon
 * another's: so each is given once, and where two processes had it since the last time nobody is.
 */
export class Speakers {
  readonly #ends = new Map<string, SpeakerEvent[]>();

  began(event: SpeakerEvent): void {
    const key = endOf(event.address, event.port);
    const known = this.#ends.get(key) ?? [];
    this.#ends.delete(key);
    this.#ends.set(key, [...known.slice(1 - maxAtEnd), event]);
    if (this.#ends.size > maxEnds) this.#forgetOldest();
  }

  /** Ask once everything has been told that came before the connection was accepted. `null`: not known, or not certain. */
  take(address: string, port: number): SpeakerEvent | null {
    const key = endOf(address, port);
    const [first, ...others] = this.#ends.get(key) ?? [];
    this.#ends.delete(key);
    const isOne = others.every(({ image }) => image === first?.image);
    return first !== undefined && isOne ? first : null;
  }

  #forgetOldest(): void {
    for (const oldest of this.#ends.keys()) {
      this.#ends.delete(oldest);
      break;
    }
  }
}

function endOf(address: string, port: number): string {
  return `${address}:${port}`;
}

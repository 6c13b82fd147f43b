import type { DnsEvent } from '../decode/name-events.ts';
import { addressesIn, type DnsMessage, parseDnsMessage } from './dns-message.ts';
import { DnsMessages } from './dns-messages.ts';
import { type Lookup, noteAnswer } from './lookup.ts';
import { Questions } from './questions.ts';
import { type Origin, ResolvedAddresses } from './resolved-addresses.ts';

/** A process image that asks, in the step (or job) that it belongs to. */
export interface Asker {
  readonly scope: object;
  readonly image: string;
  /** Its lookup of a name, begun if this is the first question for it. */
  readonly lookUp: (name: string, at: { time: bigint; resolver: string }) => Lookup;
}

interface Question {
  readonly asker: Asker;
  readonly lookup: Lookup;
}

/** Which names a job's processes asked for, and what connections' addresses were resolved from. Events must come in the kernel's order. */
export class Names {
  #malformed = 0;
  readonly #messages = new DnsMessages();
  readonly #questions = new Questions<Question>();
  readonly #addresses = new ResolvedAddresses();

  /** Messages that could not be read: no DNS, cut off, not sent to their end, or an answer that was sent to a resolver. */
  get unreadable(): number {
    return this.#malformed + this.#messages.unreadable;
  }

  /** Answers to no question, which named nothing. */
  get unasked(): number {
    return this.#questions.unasked;
  }

  /** Addresses that were forgotten for want of room. */
  get evicted(): number {
    return this.#addresses.evicted;
  }

  /** Any address was given by an answer. */
  get hasAddresses(): boolean {
    return !this.#addresses.isEmpty;
  }

  /** Takes a question or an answer that a process's socket sent or received; returns how many questions it held. */
  hear(event: DnsEvent, asker: Asker): number {
    let questions = 0;
    for (const message of this.#messages.in(event).map(parseDnsMessage)) {
      if (message === null || (message.isAnswer && event.direction === 'sent')) this.#malformed += 1;
      else if (event.direction === 'received') this.#answered(event, message);
      else {
        questions += 1;
        this.#asked(event, message, asker);
      }
    }
    return questions;
  }

  /** What an address was resolved from, for a process image (the nearest first in `chain`) of a step; `null` if from nothing that was seen. */
  originOf(address: string, scope: object, chain: Iterable<string>): Origin | null {
    return this.#addresses.find(address, scope, chain);
  }

  #asked(event: DnsEvent, message: DnsMessage, asker: Asker): void {
    const lookup = asker.lookUp(message.name, { time: event.time, resolver: event.address });
    this.#questions.asked(event, message, { asker, lookup });
  }

  #answered(event: DnsEvent, message: DnsMessage): void {
    const question = message.isAnswer ? this.#questions.answered(event, message) : null;
    if (question === null) return;
    const { asker, lookup } = question;
    const addresses = addressesIn(message);
    noteAnswer(lookup, { rcode: message.rcode, addresses, time: event.time });
    if (message.rcode !== 0) return;
    for (const address of addresses) this.#addresses.add(address, lookup, asker);
  }
}

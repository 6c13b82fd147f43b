import type { Attributes, SpanEvent } from './finished-span.ts';
import type { Redactor } from './redact.ts';
import { printable } from './text.ts';

/** Events that one span can have (design of the trace). */
export const maxSpanEvents = 64;

/** Something that a process did. */
export interface Note {
  readonly name: string;
  /** Nanoseconds since boot, of the first. */
  readonly time: bigint;
  readonly attributes: Attributes;
}

/** What is to be told in events of a span: the same is told once, with its count. */
export class SpanNotes {
  /** What found no room. */
  untold = 0;
  /** Made when it is needed: most processes do nothing of note. */
  #notes: Map<string, Note & { count: number }> | null = null;

  /** `kept`: places that it must leave to others. */
  add(note: Note, kept = 0): void {
    this.#notes ??= new Map();
    const key = JSON.stringify([note.name, note.attributes]);
    const known = this.#notes.get(key);
    if (known !== undefined) known.count += 1;
    else if (this.#notes.size < maxSpanEvents - kept) this.#notes.set(key, { ...note, count: 1 });
    else this.untold += 1;
  }

  get size(): number {
    return this.#notes?.size ?? 0;
  }

  /** `offset`: from nanoseconds since boot to Unix time. Texts are the job's: without secrets, and safe to show. */
  events(offset: bigint, redact: Redactor): SpanEvent[] {
    return [...(this.#notes?.values() ?? [])].map(({ name, time, attributes, count }) => ({
      name,
      time: time + offset,
      attributes: { ...shown(attributes, redact), 'chaperone.count': count },
    }));
  }
}

function shown(attributes: Attributes, redact: Redactor): Attributes {
  const texts = Object.entries(attributes).map(([key, value]) => [
    key,
    typeof value === 'string' ? printable(redact.text(value)) : value,
  ]);
  return Object.fromEntries(texts) as Attributes;
}

import type { SpanReference, Telling } from './word.ts';

/** Longest command that is kept of what an agent tells, in UTF-16 units; longer ones are compared by their beginning. */
const maxCommand = 4_096;
/** Longest id or name. */
const maxId = 128;

/** A name or an id; empty for one that is too long to be one. */
export function id(text: string): string {
  return text.length <= maxId ? text : '';
}

/** At most `max` units, as a text of its own: a part would keep the whole that it is cut from. */
export function cut(text: string, max = maxCommand): string {
  return text.length <= max ? text : Buffer.from(text.slice(0, max)).toString().toWellFormed();
}

/** A field of JSON in an attribute; `null` where there is none, or no JSON. */
export function fieldOfJson(text: string, field: string): unknown {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null && Object.hasOwn(value, field)
      ? (value as Record<string, unknown>)[field]
      : null;
  } catch {
    return null;
  }
}

/** A command in the JSON of a call's arguments, or its beginning, where that was cut; `null` where there is none. */
export function commandIn(text: string, field: string): string | null {
  const value = fieldOfJson(text, field) ?? beginningIn(text, field);
  return typeof value === 'string' ? cut(value) : null;
}

/** Of the first field of this name in JSON whose end is missing (long-texts.ts), what there is of its text; `null` where nothing is missing. */
export function beginningIn(text: string, field: string): string | null {
  const key = JSON.stringify(field);
  const at = text.indexOf(key);
  const rest = at < 0 ? '' : text.slice(at + key.length);
  const [, inside] = /^\s*:\s*"((?:[^"\\]|\\u[\da-f]{4}|\\[^u])*)(?:\\.{0,4})?$/is.exec(rest) ?? [];
  return inside === undefined ? null : (fieldOfJson(`{"text":"${inside}"}`, 'text') as string | null);
}

/** A count; 0 for what is none. */
export function count(text: string): number {
  return /^\d{1,12}$/.test(text) ? Number(text) : 0;
}

/** `null` where it is not told. */
export function yesOrNo(text: string): boolean | null {
  return text === 'true' ? true : text === 'false' ? false : null;
}

/** The record's own span. */
export function spanOf({ traceId, spanId }: Telling): SpanReference | null {
  const isSpan = /^[0-9a-f]{32}$/.test(traceId) && /^[0-9a-f]{16}$/.test(spanId);
  return isSpan && !/^0+$/.test(traceId) && !/^0+$/.test(spanId) ? { traceId, spanId } : null;
}

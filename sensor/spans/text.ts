import type { Attributes, AttributeValue } from './finished-span.ts';

/** Longest span name, in UTF-16 units. */
export const maxName = 128;
/** Longest text of an attribute: Tempo cuts at 2,048 bytes, and one unit may be three. */
export const maxText = 512;

const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const shortEscapes: Record<string, string> = { '\n': '\\n', '\t': '\\t', '\r': '\\r' };

/** The job's text made safe to show: control, format (also right-to-left) and broken characters escaped, bounded by `max` with an ellipsis. */
export function printable(text: string, max = maxText): string {
  const escaped = text.slice(0, max + 1).replace(unsafe, escapeCharacter);
  return escaped.length <= max ? escaped : `${escaped.slice(0, max - 1).toWellFormed()}…`;
}

/** The last part of a path; the path itself where there is none. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1) || path;
}

/** Only what is known: absent and empty values are left out. */
export function known(values: Record<string, AttributeValue | null | undefined>): Attributes {
  const attributes: Attributes = {};
  for (const [key, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && value !== '') attributes[key] = value;
  }
  return attributes;
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return (
    shortEscapes[character] ?? (code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`)
  );
}

/** A name as a DNS message writes it. */
export interface DomainName {
  /** Lower case, in the form of zone files (RFC 1035, 5.1): a dot or backslash within a label is `\.` or `\\`, what is not printable `\DDD`; the root is `.`. */
  readonly text: string;
  /** Where the bytes after it begin. */
  readonly end: number;
}

/** RFC 1035, 2.3.4: octets of a name with its lengths. */
const maxOctets = 255;
/** Compressed names that are meant to be read lead on once or a few times; a chain of pointers only costs time. */
const maxJumps = 16;

/**
 * Reads the name at an offset; `null` where the bytes are none. A pointer must lead to before the part of the name that it ends, so no message can
 * make it run in a circle.
 */
export function readName(message: Uint8Array, start: number): DomainName | null {
  const labels: string[] = [];
  let octets = 1;
  let at = start;
  let end: number | null = null;
  for (let jumps = 0; jumps <= maxJumps; jumps += 1) {
    const part = readLabels(message, at);
    octets += part.end - at;
    labels.push(...part.labels);
    if (octets > maxOctets) return null;
    if (message[part.end] === 0) return { text: labels.join('.') || '.', end: end ?? part.end + 1 };
    const target = pointerAt(message, part.end);
    if (target === null || target >= at) return null;
    end ??= part.end + 2;
    at = target;
  }
  return null;
}

/** Up to the first byte that is not a label's length, or that begins a label which is not whole. */
function readLabels(message: Uint8Array, start: number): { labels: string[]; end: number } {
  const labels: string[] = [];
  let at = start;
  while (at - start <= maxOctets) {
    const length = message[at] ?? 0;
    if (length === 0 || length > 63 || at + 1 + length > message.length) break;
    labels.push(labelText(message.subarray(at + 1, at + 1 + length)));
    at += 1 + length;
  }
  return { labels, end: at };
}

/** Where a compressed name goes on (RFC 1035, 4.1.4); `null` if these bytes are no pointer. */
function pointerAt(message: Uint8Array, at: number): number | null {
  const [high = 0, low] = message.subarray(at, at + 2);
  return high < 0xc0 || low === undefined ? null : ((high & 0x3f) << 8) | low;
}

function labelText(label: Uint8Array): string {
  return Array.from(label, characterText).join('');
}

function characterText(byte: number): string {
  const character = String.fromCharCode(byte);
  if (character === '.' || character === '\\') return `\\${character}`;
  return byte > 0x20 && byte < 0x7f ? character.toLowerCase() : `\\${String(byte).padStart(3, '0')}`;
}

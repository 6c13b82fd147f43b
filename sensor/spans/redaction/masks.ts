import type { Range } from './ranges.ts';
import { matchesOf } from './token-shapes.ts';

/** What the CI engine itself says of a job's secrets, from before its first step. */
export interface SecretHints {
  /** Names of variables whose values are secrets. */
  readonly names: readonly string[];
  /** Regular expressions that secrets match; what is none, or could take long, is not used. */
  readonly masks: readonly string[];
}

export const noHints: SecretHints = { names: [], masks: [] };

const maxMasks = 256;
const maxLength = 4_096;
/** Shorter ones would hide half of every text. */
const shortest = 4;

/** Finds what the masks match. */
export function maskFinder(masks: readonly string[]): (text: string) => Range[] {
  const forms = masks.slice(0, maxMasks).flatMap((mask) => compileMask(mask) ?? []);
  return (text) => forms.flatMap((form) => matchesOf(text, form));
}

/** A mask as a pattern whose work is bounded by the text's length times a constant; `null` for any other. */
function compileMask(mask: string): RegExp | null {
  if (mask.length < shortest || mask.length > maxLength || /^\*+$/.test(mask)) return null;
  const atoms = boundedAtoms(mask);
  return compile(atoms ?? escapeText(mask));
}

const atom =
  /(?:\\[\\^$.|?*+()[\]{}\-/#\s\wdDsS]|\[\^?[^\]\\[]{1,64}\]|[^\\^$|?*+()[\]{}])(\{\d{1,3}(?:,\d{0,3})?\}|[?*+])?/y;

/** A run of characters and classes, of which at most one may repeat without a number; anything more is none. */
function boundedAtoms(mask: string): string | null {
  const body = mask.replace(/^\^/, '').replace(/\$$/, '');
  let open = 0;
  let bounded = '';
  for (atom.lastIndex = 0; atom.lastIndex < body.length; ) {
    const match = atom.exec(body);
    if (match === null) return null;
    const [whole, repeat = ''] = match;
    if (repeat !== '' && !/^\{\d+\}$/.test(repeat)) open += 1;
    bounded += whole.slice(0, whole.length - repeat.length) + boundedRepeat(repeat);
  }
  return open <= 1 && weight(bounded) >= shortest ? bounded : null;
}

const most = 512;

function boundedRepeat(repeat: string): string {
  if (repeat === '*') return `{0,${most}}`;
  if (repeat === '+') return `{1,${most}}`;
  return /^\{\d+,\}$/.test(repeat) ? `${repeat.slice(0, -1)}${most}}` : repeat;
}

/** How many characters a match has at least. */
function weight(bounded: string): number {
  let least = 0;
  for (const [, times] of bounded.matchAll(/(?:\\.|\[[^\]]*\]|.)(?:\{(\d+)[^}]*\}|\?)?/gs)) least += Number(times ?? 1);
  return least;
}

function escapeText(text: string): string {
  return text.replaceAll(/[\\^$.|?*+()[\]{}/-]/g, '\\$&');
}

function compile(pattern: string): RegExp | null {
  try {
    return new RegExp(pattern, 'g');
  } catch {
    return null;
  }
}

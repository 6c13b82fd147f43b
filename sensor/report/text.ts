/**
 * Text of a job (names, arguments, hosts) on its way to a terminal. All of it is hostile: it may hold escape sequences,
 * direction overrides, characters of unknown width. What is left after `visible` takes exactly `widthOf` columns in any terminal.
 */

/** Control, format (bidi overrides, zero-width joiners), unassigned, private, surrogates, separators, regional indicators. */
const unshowable = /[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Cs}\p{Zl}\p{Zp}\u{1f1e6}-\u{1f1ff}]/gu;
const spaces = /\p{Zs}/gu;
const variationSelectors = /[\ufe00-\ufe0f]/gu;
/** More than two marks on one character climb over the lines above. */
const piledMarks = /(\p{M}{2})\p{M}+/gu;
const rightToLeft = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const leftToRightMark = '\u200e';
const mark = /^\p{M}$/u;
const wide =
  /^[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Yi}\u3000-\u303f\u30fb\u30fc\uff01-\uff60\uffe0-\uffe6]$/u;

/** Characters longer than this are not looked at; no line is that wide. */
const longest = 4_096;

/** The text with everything that could move the cursor or change direction made readable: `\n`, `\x1b`, `\u{202e}`. */
export function visible(text: string): string {
  return text
    .slice(0, longest)
    .replace(unshowable, escaped)
    .replace(spaces, ' ')
    .replace(variationSelectors, '')
    .replace(piledMarks, '$1');
}

/** Columns of a text that `visible` made. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

/** The text in exactly `width` columns: cut with `…` or filled with blanks. Right-to-left text ends with a mark that keeps the rest of the line in order. */
export function fit(text: string, width: number): string {
  const short = cut(text, width);
  return short + ' '.repeat(Math.max(width - widthOf(short), 0));
}

/** The text in at most `width` columns. */
export function cut(text: string, width: number): string {
  if (width <= 0) return '';
  return sealDirection(widthOf(text) <= width ? text : `${head(text, width - 1)}…`);
}

function head(text: string, width: number): string {
  let taken = '';
  let left = width;
  for (const character of text) {
    left -= columnsOf(character);
    if (left < 0) break;
    taken += character;
  }
  return taken;
}

function sealDirection(text: string): string {
  return rightToLeft.test(text) ? text + leftToRightMark : text;
}

function columnsOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (character === leftToRightMark || mark.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

const shortEscapes: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  return shortEscapes[character] ?? (code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`);
}

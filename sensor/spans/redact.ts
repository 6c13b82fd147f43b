import { maskFinder, noHints, type SecretHints } from './redaction/masks.ts';
import { type Range, replaceRanges } from './redaction/ranges.ts';
import { secretParts, secretsOfScript } from './redaction/secret-commands.ts';
import { type SecretNames, secretNames } from './redaction/secret-names.ts';
import { handedOverValues } from './redaction/step-environment.ts';
import { tokensIn } from './redaction/token-shapes.ts';
import { type Reading, secretsWritten } from './redaction/written-secrets.ts';
import { maxText, printable } from './text.ts';

/** Makes what a job wrote safe to leave the pod. What is no secret stays as it is. */
export interface Redactor {
  /** An argument vector: secrets replaced, control characters escaped, at most 32 items and 1,024 characters. */
  (argv: readonly string[]): string[];
  /** A command line or a script. */
  script(text: string): string;
  /** Any other text, such as a name or a path. */
  text(text: string): string;
}

const limits = { items: 32, characters: 1024 };
/** So much is looked at, in UTF-16 units; what follows is not shown, since what it says is not known. */
const looked = 4_096;

/**
 * Finds secrets by what names them, by the program they are given to, by their form, and by the engine's own word.
 * `globs` are names besides the built-in ones. The work is bounded: no more than {@link looked} characters are looked at.
 */
export function createRedactor(globs: readonly string[], hints: SecretHints = noHints): Redactor {
  const names = secretNames([...globs, ...hints.names]);
  const masked = maskFinder(hints.masks);
  const written = (text: string, reading: Reading) => [
    ...tokensIn(text),
    ...masked(text),
    ...secretsWritten(text, names, reading),
  ];
  const inScript = (text: string) => [...written(text, 'command'), ...secretsOfScript(text, names)];
  const redact = (argv: readonly string[]) => {
    const seen = firstCharacters(argv);
    const parts = partsByWord(seen, names);
    const handedOver = handedOverValues(argv);
    return bounded(
      seen.map((argument, index) => {
        const inside = isScript(argument) ? inScript(argument) : written(argument, 'command');
        const ranges = [
          ...(parts.get(index) ?? []),
          ...clipped(handedOver.get(index), argument.length),
          ...assignedValue(argument, seen[index - 1] ?? '', names),
          ...inside,
          ...glued(argument),
        ];
        return replaceRanges(argument, ranges);
      }),
    );
  };
  return Object.assign(redact, {
    script: (text: string) => replaceRanges(...withRanges(text, inScript)),
    text: remembered((text) => replaceRanges(...withRanges(text, (seen) => written(seen, 'prose')))),
  });
}

/** Most texts of spans come again and again. */
function remembered(work: (text: string) => string): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    const result = known.get(text) ?? work(text);
    if (text.length <= maxRemembered && known.size < mostRemembered) known.set(text, result);
    return result;
  };
}

const maxRemembered = 256;
const mostRemembered = 1_024;

function withRanges(text: string, find: (seen: string) => Range[]): [string, Range[]] {
  const seen = cut(text, looked);
  return [seen, find(seen)];
}

/** Of an argument that was cut. */
function clipped(range: Range | undefined, length: number): Range[] {
  return range === undefined || range[0] >= length ? [] : [[range[0], Math.min(range[1], length)]];
}

function isScript(argument: string): boolean {
  return /\s/.test(argument.trim());
}

function partsByWord(words: readonly string[], names: SecretNames): Map<number, Range[]> {
  const byWord = new Map<number, Range[]>();
  for (const { word, from, to } of secretParts(words, names)) {
    const ranges = byWord.get(word) ?? [];
    ranges.push([from, to ?? words[word]?.length ?? 0]);
    byWord.set(word, ranges);
  }
  return byWord;
}

/** What is joined to an option of one letter: `-p` and a token. */
function glued(argument: string): Range[] {
  const isJoined = /^-[A-Za-z][^-\s]/.test(argument);
  return isJoined ? tokensIn(argument.slice(2)).map(([from, to]) => [from + 2, to + 2]) : [];
}

const assignment = /^-{0,2}([A-Za-z_][\w.-]{0,127})=/;

/** All that follows `NAME=`, spaces included, unless the argument is a script that only begins with it. */
function assignedValue(argument: string, previous: string, names: SecretNames): Range[] {
  const [head = '', name = ''] = assignment.exec(argument) ?? [];
  if (head === '' || /^-[A-Za-z]{0,4}c$/.test(previous)) return [];
  const isPlainKey = /^key$/i.test(name) && !head.startsWith('-');
  return !isPlainKey && names.has(name, argument.slice(head.length)) ? [[head.length, argument.length]] : [];
}

/** The beginning of the arguments. */
function firstCharacters(argv: readonly string[]): string[] {
  const seen: string[] = [];
  let left = looked;
  for (const argument of argv.slice(0, limits.items)) {
    if (left <= 0) break;
    seen.push(cut(argument, left));
    left -= argument.length;
  }
  return seen;
}

/** No more than `length`; of a word that is cut nothing stays, since half a secret has not its form. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const start = text.slice(0, length);
  return `${start.slice(0, lastDelimiter(start) + 1)}…`;
}

function lastDelimiter(text: string): number {
  let at = text.length - 1;
  while (at >= 0 && !/[\s,;&|<>()]/.test(text.charAt(at))) at -= 1;
  return at;
}

function bounded(argv: readonly string[]): string[] {
  const items: string[] = [];
  let left = limits.characters;
  for (const argument of argv) {
    if (left <= 0) break;
    const item = printable(argument, Math.min(left, maxText));
    items.push(item);
    left -= item.length;
  }
  return items;
}

/** Makes a redactor once for each set of globs and hints. */
export class RedactorCache {
  #globs: readonly string[] | null = null;
  #hints: SecretHints = noHints;
  #redactor: Redactor = createRedactor([]);

  for(globs: readonly string[], hints: SecretHints = noHints): Redactor {
    if (globs !== this.#globs || hints !== this.#hints) this.#redactor = createRedactor(globs, hints);
    this.#globs = globs;
    this.#hints = hints;
    return this.#redactor;
  }
}

import { hidePasswords } from './password-options.ts';
import { maxText, printable } from './text.ts';
import { replaceTokens } from './token-shapes.ts';

export const redacted = '[REDACTED]';

/** Always on; a policy can only add. docs/agentpolicy.md lists them. */
export const builtIn = [
  '*TOKEN*',
  '*SECRET*',
  '*PASSWORD*',
  '*PASSWD*',
  '*API_KEY*',
  '*APIKEY*',
  '*CREDENTIAL*',
  '*PRIVATE_KEY*',
  '*AUTHORIZATION',
  '*ACCESS_KEY',
  '*BEARER',
  '*COOKIE',
  '*PASSPHRASE*',
  '*SIGNATURE',
  '*_PASS',
  '*_PWD',
  'AUTH',
  '_AUTH',
  'PASS',
  'PASSIN',
  'PASSOUT',
  'SIG',
];

const limits = { items: 32, characters: 1024 };

/** An argument vector as it may leave the pod: secrets replaced, control characters escaped, at most 32 items and 1,024 characters. */
export type Redactor = (argv: readonly string[]) => string[];

/**
 * Replaces values by name in the forms `NAME=value`, `--name=value` and `--name value` (also inside a longer argument such as a script),
 * authorization and cookie headers, the user part of URLs, `-u user:password`, the short options of a few programs, and what has the form of a token. `globs` match names with `*`, without regard to case, `-` and `_` being alike.
 */
export function createRedactor(globs: readonly string[]): Redactor {
  const patterns = [...builtIn, ...globs].map(normalize);
  const isSecret = (name: string) => patterns.some((pattern) => matchesGlob(pattern, normalize(name)));
  return (argv) => {
    const withoutPasswords = hidePasswords(argv, redacted);
    return bounded(
      withoutPasswords.map((argument, index) => redactArgument(argument, withoutPasswords[index - 1] ?? '', isSecret)),
    );
  };
}

/** Whether `text` fits `pattern`, in which `*` stands for any run of characters; linear in practice, quadratic at worst, never more. */
export function matchesGlob(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  let position = 0;
  while (position < text.length) {
    if (pattern[at] === '*') {
      star = at;
      at += 1;
      resume = position;
    } else if (pattern[at] === text[position]) {
      at += 1;
      position += 1;
    } else if (star >= 0) {
      at = star + 1;
      resume += 1;
      position = resume;
    } else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}

const flag = /^--?([A-Za-z][\w.-]*)$/;
const assignment = /^(-{0,2}([A-Za-z_][\w.-]*)=)/;
/** To the end of its line or quotes: both may hold several words. */
const header = /((?:authorization["']?\s{0,8}[:=]|cookie["']?\s{0,8}:)\s{0,8}["']?)[^"'\r\n]+/gi;
/** Already replaced, to the end of the header. */
const isHeader = /authorization$/i;
const userInfo = /([a-z][a-z0-9+.-]{0,30}:\/\/)([^\s/?#"']{1,1024})@/gi;
/** A name with its sign, or a flag with its space; what follows is looked at only if the name is secret, so that one value cannot hide the next name. */
const named = /([A-Za-z_][\w.-]{0,127})(?:["']?\s{0,8}[=:]\s{0,8})/g;
const flagged = /--?([A-Za-z][\w.-]{0,127})\s{1,8}/g;
/** A shell word: quoted parts may hold spaces, and an open quote reaches to the end. */
const word = /(?:"[^"]*(?:"|$)|'[^']*(?:'|$)|[^\s"'&;])+/y;

/** `user:password` after `-u`, as curl has it; the numbers after it of `docker run -u 1000:1000` are no secret. */
const asksUser = /^(?:-[A-Za-z]{0,8}[uU]|--(?:proxy-)?user)$/;
const userPair = /^((?!\+|\d+:\d+$)[^:\s]*:)(?!\/\/).+$/s;
const userOption =
  /((?:^|[\s'"])(?:-[A-Za-z]{0,8}[uU]\s{0,8}|--(?:proxy-)?user[\s=]\s{0,8})["']?(?!\+|\d+:\d)[^:\s"'=]{0,256}:)(?!\/\/)[^\s"']+/g;

function redactArgument(argument: string, previous: string, isSecret: (name: string) => boolean): string {
  const asked = flag.exec(previous)?.[1];
  if (asked !== undefined && isSecret(asked)) return redacted;
  const [, head, name] = assignment.exec(argument) ?? [];
  if (head !== undefined && name !== undefined && isSecret(name)) return head + redacted;
  if (asksUser.test(previous) && userPair.test(argument)) return argument.replace(userPair, `$1${redacted}`);
  const plain = replaceTokens(argument, redacted)
    .replace(userOption, `$1${redacted}`)
    .replace(header, `$1${redacted}`)
    .replace(userInfo, (whole, scheme: string, user: string) => (user === 'git' ? whole : `${scheme}${redacted}@`));
  const isSecretValue = (key: string) => isSecret(key) && !isHeader.test(key);
  return redactWords(redactWords(plain, named, isSecretValue), flagged, isSecret);
}

/** Replaces the word after each match of `before` whose name is secret. */
function redactWords(text: string, before: RegExp, isSecret: (name: string) => boolean): string {
  let result = '';
  let done = 0;
  before.lastIndex = 0;
  for (let match = before.exec(text); match !== null; match = before.exec(text)) {
    if (!isSecret(match[1] ?? '')) continue;
    word.lastIndex = before.lastIndex;
    const secret = word.exec(text)?.[0] ?? '';
    if (secret === '') continue;
    result += text.slice(done, before.lastIndex) + redacted;
    done = before.lastIndex + secret.length;
    before.lastIndex = done;
  }
  return result + text.slice(done);
}

function normalize(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}

function bounded(argv: readonly string[]): string[] {
  const items: string[] = [];
  let left = limits.characters;
  for (const argument of argv.slice(0, limits.items)) {
    if (left <= 0) break;
    const item = printable(argument, Math.min(left, maxText));
    items.push(item);
    left -= item.length;
  }
  return items;
}

/** Makes a redactor once for each set of globs. */
export class RedactorCache {
  #globs: readonly string[] | null = null;
  #redactor: Redactor = createRedactor([]);

  for(globs: readonly string[]): Redactor {
    if (globs !== this.#globs) this.#redactor = createRedactor(globs);
    this.#globs = globs;
    return this.#redactor;
  }
}

import { type Range, redacted } from './ranges.ts';
import type { SecretNames } from './secret-names.ts';

/** How a text is to be read: `prose` is a name made for people, in which a colon ends a clause. */
export type Reading = 'command' | 'prose';

/** Secrets that the text around them names: `NAME=value`, headers, URLs, connection strings. Every pattern is bounded. */
export function secretsWritten(text: string, names: SecretNames, reading: Reading): Range[] {
  if (!worthALook.test(text)) return [];
  return [
    ...namedValues(text, names, reading),
    ...queryValues(text),
    ...connectionValues(text),
    ...headers(text),
    ...userParts(text),
    ...afterGroup(text, webhook),
    ...afterGroup(text, bearer),
    ...afterGroup(text, netrc),
    ...afterGroup(text, userOption),
  ];
}

/** One of these stands in everything that is looked for; most arguments have none. */
const worthALook =
  /[=:@]|hooks?(?:b2)?\/|hooks\.slack|hc-ping|api\.telegram|\/integration\/|\/key\/|discord|bearer|login/i;

const named = /([A-Za-z_][\w.-]{0,127})\\?["']?(\s{0,8})([=:])(\s{0,8})/g;
/** A port, or the tag of an image. */
const portOrTag = /^(?:\d{1,5}|v?\d+(?:\.\d+){1,3}[\w.-]*|latest|main|stable)(?=$|[\s/"'),])/;

function namedValues(text: string, names: SecretNames, reading: Reading): Range[] {
  const found: Range[] = [];
  const ends = new ValueEnds(text);
  named.lastIndex = 0;
  for (let match = named.exec(text); match !== null; match = named.exec(text)) {
    const [whole, name = '', before = '', sign, after = ''] = match;
    const from = match.index + whole.length;
    const isTight = before === '' && after === '';
    const isClause = reading === 'prose' && !/["']/.test(whole);
    if (sign === ':' && (isClause || endsClause(name, isTight, text.slice(from, from + 64)))) continue;
    const to = ends.of(from);
    if (to === from || !isSecret({ text, at: match.index, name, sign }, text.slice(from, to), names)) continue;
    found.push([from, to]);
    named.lastIndex = to;
  }
  return found;
}

/** A colon that gives no value: before a port or a tag, or the first of two. */
function endsClause(name: string, isTight: boolean, rest: string): boolean {
  return /authorization$/i.test(name) || (isTight && (rest.startsWith(':') || portOrTag.test(rest)));
}

interface Name {
  readonly text: string;
  readonly at: number;
  readonly name: string;
  readonly sign: string | undefined;
}

/** `"isSecret":true` says of something else whether it is one: a word of JSON, to the end of its member, of its string or of the quotes around it. */
const wordOfJson = /^(?:true|false|null)(?:\\?$|,(?:$|\\?")|\\?["'](?:$|[\s;|&)}\],]))/;

/** A name as weak as `key` counts where it is an option or a variable, not as a member of JSON or as an argument such as `key=terraform.tfstate`. */
function isSecret({ text, at, name, sign }: Name, value: string, names: SecretNames): boolean {
  if (/(?:^|[_-])key$/i.test(name) && !/api|private|access/i.test(name)) {
    const isOption = text.slice(Math.max(0, at - 2), at).endsWith('-');
    if (sign === ':' || (/^key$/i.test(name) && !isOption)) return false;
  }
  return !(sign === ':' && wordOfJson.test(value)) && names.has(name, unquoted(value));
}

const opening = /\\?["']/y;
const plainWord = /[^\s"'&;`<>|)}\]]+/y;

/**
 * Where values end. Quoted parts may hold spaces; an open quote reaches to the end. `\"` opens and closes a string inside of a quoted script.
 * Each part is read once, however many names stand before it: a job could write thousands, each with the rest of the text for its value.
 */
class ValueEnds {
  readonly #text: string;
  readonly #known = new Map<number, number>();

  constructor(text: string) {
    this.#text = text;
  }

  of(from: number): number {
    const parts: number[] = [];
    let at = from;
    for (let next = this.#next(at); next !== at && !this.#known.has(at); next = this.#next(at)) {
      parts.push(at);
      at = next;
    }
    const end = this.#known.get(at) ?? at;
    for (const part of parts) this.#known.set(part, end);
    return end;
  }

  /** Where the next part of the value begins; `at` itself at its end. */
  #next(at: number): number {
    const isEnd = at >= this.#text.length || /["'\]][,}\])]/.test(this.#text.slice(at - 1, at + 1));
    return isEnd ? at : endOfPart(this.#text, at);
  }
}

function endOfPart(text: string, at: number): number {
  if (text.startsWith(redacted, at)) return at + redacted.length;
  opening.lastIndex = at;
  const quote = opening.exec(text)?.[0];
  if (quote !== undefined) return endOfQuote(text, at + quote.length, quote);
  plainWord.lastIndex = at;
  return at + (plainWord.exec(text)?.[0].length ?? 0);
}

function endOfQuote(text: string, from: number, quote: string): number {
  let at = text.indexOf(quote, from);
  while (at > from && quote === '"' && text[at - 1] === '\\') at = text.indexOf(quote, at + 1);
  return at < 0 ? text.length : at + quote.length;
}

function unquoted(value: string): string {
  return value.replace(/^\\?["']|\\?["']$/g, '');
}

/** To the end of its line or quotes: both may hold several words. */
const header = /((?:authorization\\?["']?\s{0,8}[:=]|cookie\\?["']?\s{0,8}:)\s{0,8}\\?["']?)([^"'\r\n]+)/gi;

function headers(text: string): Range[] {
  return afterGroup(text, header);
}

/** Parameters that are secrets in an address only. */
const query = /([?&](?:key|code|pass|pwd|pw|secret|hash|st)=)([^\s&#"']+)/gi;

function queryValues(text: string): Range[] {
  return afterGroup(text, query);
}

/** `;Pwd=two words;`: in a connection string a value reaches to the next semicolon. */
const connection =
  /(;(?:pwd|password|accountkey|sharedaccesskey|accesskey|secret|token|passphrase)\s{0,4}=\s{0,4})([^;"'\r\n]+)/gi;

function connectionValues(text: string): Range[] {
  return afterGroup(text, connection);
}

const userInfo = /([a-z][a-z0-9+.-]{0,30}:\/\/)([^\s/?#"']{1,1024})@/gi;
/** A password with a slash in it that nobody escaped; a port has none. */
const slashedUserInfo = /([a-z][a-z0-9+.-]{0,30}:\/\/[^\s/?#"':@]{0,256}:)(?!\d{1,5}\/)([^\s"'@?#]{1,1024})@/gi;

function userParts(text: string): Range[] {
  const plain = Array.from(text.matchAll(userInfo))
    .filter(([, , user]) => user !== 'git')
    .map(
      ({ index, 1: scheme = '', 2: user = '' }) =>
        [index + scheme.length, index + scheme.length + user.length] as const,
    );
  return [...plain, ...afterGroup(text, slashedUserInfo)];
}

/** Addresses that are secrets by their path. */
const webhook =
  /((?:hooks\.slack\.com\/\w{1,32}|\/\/[^\s"'?#]{1,512}?\/(?:incoming)?(?:web)?hooks?(?:b2)?|discord(?:app)?\.com\/api(?:\/v\d+)?\/webhooks|events\.pagerduty\.com\/integration|maker\.ifttt\.com\/trigger\/[\w-]{1,64}\/(?:json\/)?with\/key|hc-ping\.com|api\.telegram\.org)\/)([^\s"'<>]+)/gi;
const bearer = /(\bbearer\s{1,8})([\w+/=.~-]{8,})/gi;
/** `-u user:password`, also joined and inside a script. */
const userOption =
  /((?:^|[\s'"])(?:-[A-Za-z]{0,8}[uU]\s{0,8}|--(?:proxy-)?user[\s=]\s{0,8})["']?(?!\+|\d+:\d)[^:\s"'=]{0,256}:)(?!\/\/)([^\s"']+)/g;
/** A line of `.netrc`. */
const netrc = /(\blogin\s{1,8}\S{1,128}\s{1,8}password\s{1,8})(\S+)/gi;

/** What stands in the second group of each match; the first is its context. */
function afterGroup(text: string, form: RegExp): Range[] {
  return Array.from(text.matchAll(form), ({ index, 1: before = '', 2: secret = '' }) => {
    const from = index + before.length;
    return [from, from + secret.length] as const;
  });
}

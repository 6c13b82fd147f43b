/** Names whose values are secrets. Always on; a policy can only add. docs/agentpolicy.md lists them. */
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
  '*ACCESSKEY',
  '*BEARER',
  '*COOKIE',
  '*PASSPHRASE*',
  '*SIGNATURE',
  '*WEBHOOK*',
  '*CONNECTION_STRING*',
  '*STOREPASS',
  '*KEYPASS',
  '*_PASS',
  '*_PWD',
  '*_PAT',
  '*_JWT',
  'AUTH',
  '_AUTH',
  'PASS',
  'PASSIN',
  'PASSOUT',
  'PSK',
  'SIG',
];

/** Names of which only some values are secrets: a key may be a file, a number of a column, or a place in a cache. */
const weakNames = ['KEY', '*_KEY'];
const harmlessKeys = /(?:^|_)(?:PUBLIC|CACHE|PRIMARY|FOREIGN|SORT|PARTITION|HOST|LOOKUP|TRUSTED)_KEY$/;
const harmlessValue =
  /^(?:\.{0,2}|~)\/|^[a-z][a-z0-9+.-]{0,30}:\/\/|^@|^\$\{?\w+\}?$|\.(?:pem|key|crt|cer|pub|json|asc|gpg|p12|pfx|jks|ya?ml|txt)$|^[\d.,]+[a-z]{0,3}$|^(?:true|false|id|name|none|null)$/i;
const path = /^(?:\.{0,2}|~)\/|^\d{1,2}$/;

/** Says of names whether their values are secrets. */
export interface SecretNames {
  /** The value must not be shown. */
  has(name: string, value: string): boolean;
  /** The word after a flag of this name is its value: `--password-stdin` has none. */
  takesValue(name: string): boolean;
}

/** `globs` match with `*`, without regard to case, `-` and `_` being alike, and `clientSecret` being `client_secret`. */
export function secretNames(globs: readonly string[]): SecretNames {
  const strong = [...builtIn, ...globs].map(upper);
  const known = new Map<string, 'strong' | 'weak' | 'none'>();
  const look = (name: string) => {
    const kind = known.get(name) ?? kindOf(name, strong);
    if (known.size < maxKnown) known.set(name, kind);
    return kind;
  };
  return {
    has(name, value) {
      const kind = look(name);
      if (kind === 'weak') return !harmlessValue.test(value);
      return kind === 'strong' && !(/(?:file|path|dir|fd)$/i.test(name) && path.test(value));
    },
    takesValue: (name) =>
      !/^(?:no|ask|prompt|show|hide|require|with)[-_]/i.test(name) && !/(?:stdin|prompt)$/i.test(name),
  };
}

const maxKnown = 1_024;

function kindOf(name: string, strong: readonly string[]): 'strong' | 'weak' | 'none' {
  const forms = [upper(name), upper(name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2'))];
  const fits = (patterns: readonly string[]) =>
    patterns.some((pattern) => forms.some((form) => matchesGlob(pattern, form)));
  if (fits(strong)) return 'strong';
  return fits(weakNames) && !forms.some((form) => harmlessKeys.test(form)) ? 'weak' : 'none';
}

function upper(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
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

import type { Range } from './ranges.ts';
import { readsSecret, type SecretPart, secretArguments } from './secret-arguments.ts';
import type { SecretNames } from './secret-names.ts';
import { type Command, readScript, type Word } from './shell-words.ts';

/** The secrets in a program's arguments that their neighbours give away: `--token X`, `login -p X`, `set db_password X`. */
export function secretParts(words: readonly string[], names: SecretNames): SecretPart[] {
  const set = words.findIndex((word) => setting.test(word));
  return [
    ...secretArguments(words),
    ...words.flatMap((_, index) => [
      ...flagValue(words, index, names),
      ...(set >= 0 && set < index ? setValue(words, index, names) : []),
      ...userPair(words, index),
    ]),
    ...connectString(words),
  ];
}

/** The same for every command of a script, also of scripts inside of it, and what is fed to programs that read a secret. */
export function secretsOfScript(script: string, names: SecretNames, depth = 0): Range[] {
  return readScript(script).flatMap((command) => [
    ...partsOf(command.words, names),
    ...fedSecrets(command),
    ...command.words.flatMap((word) => secretsWithin(word, names, depth)),
  ]);
}

const deepest = 3;

function secretsWithin(word: Word, names: SecretNames, depth: number): Range[] {
  if (depth >= deepest || !/\s/.test(word.text)) return [];
  return secretsOfScript(word.text, names, depth + 1).map((range) => inScript(word, range));
}

function partsOf(words: readonly Word[], names: SecretNames): Range[] {
  const texts = words.map(({ text }) => text);
  return secretParts(texts, names).flatMap(({ word: index, from, to }) => {
    const word = words[index];
    return word === undefined ? [] : [inScript(word, [from, to ?? word.text.length])];
  });
}

function inScript({ offsets }: Word, [from, to]: Range): Range {
  const first = offsets[from];
  const last = offsets[to - 1];
  return first === undefined || last === undefined ? [0, 0] : [first, last + 1];
}

const flag = /^--?([A-Za-z][\w.-]{0,127})$/;

/** `--password X`, also `--password -- X`. */
function flagValue(words: readonly string[], index: number, names: SecretNames): SecretPart[] {
  const [, name] = flag.exec(words[index] ?? '') ?? [];
  const at = words[index + 1] === '--' ? index + 2 : index + 1;
  const value = words[at];
  if (name === undefined || value === undefined || !names.takesValue(name) || !names.has(name, value)) return [];
  return [{ word: at, from: 0 }];
}

const setting = /^(?:set|setx|put|config|configure|define)$|:set$/;

/** `config set NAME X`, of a word behind `set`: of a dotted name the last part counts, of `config pypi-token.pypi X` the first. */
function setValue(words: readonly string[], index: number, names: SecretNames): SecretPart[] {
  const [name = '', value] = [words[index], words[index + 1]];
  if (value === undefined || /^-|=/.test(name) || value.startsWith('-')) return [];
  const parts = name.split(/[.:/]/);
  if (/^(?:helper|user|username|name|path|url)$/i.test(parts.at(-1) ?? '')) return [];
  const secret = [parts.at(-1) ?? '', words[index - 1] === 'config' ? (parts[0] ?? '') : ''].some((part) =>
    names.has(part, value),
  );
  return secret ? [{ word: index + 1, from: 0 }] : [];
}

/** `user:password` after `-u`, as curl has it, `user,password` (lftp) and `user%password` (smbclient); the numbers after it of `docker run -u 1000:1000` are no secret. */
const asksUser = /^(?:-[A-Za-z]{0,8}[uU]|--(?:proxy-)?user|-a|--auth)$/;
const pair = /^((?!\+|\d+:\d+$)[^:,%\s]*[:,%])(?!\/\/|[\\/])[^\s].*$/s;

function userPair(words: readonly string[], index: number): SecretPart[] {
  const head = asksUser.test(words[index - 1] ?? '') ? pair.exec(words[index] ?? '')?.[1] : undefined;
  return head === undefined ? [] : [{ word: index, from: head.length }];
}

/** `user/password@database` of Oracle's programs. */
function connectString(words: readonly string[]): SecretPart[] {
  if (!words.some((word) => /(?:^|\/)(?:sqlplus|sqlldr|rman|expdp|impdp|sqlcl)$/.test(word))) return [];
  return words.flatMap((text, word) => {
    const match = /^([^/@\s=-][^/@\s]*\/)([^@\s]+)(?:@|$)/.exec(text);
    const from = match?.[1]?.length ?? 0;
    return match === null || text.startsWith('/') ? [] : [{ word, from, to: from + (match[2]?.length ?? 0) }];
  });
}

const printers = /(?:^|\/)(?:echo|printf|print|cat)$/;
const secretFile =
  /(?:^|\/)(?:\.netrc|_netrc|\.npmrc|\.pypirc|\.pgpass|\.git-credentials|\.my\.cnf|\.dockercfg|\.htpasswd|\.vault-token|id_\w+)$|\.docker\/config\.json$|token|secret|passw|credential|\.(?:pem|key|p12|pfx|jks)$/i;

/** What is printed or given to a program that reads a secret, or into a file for secrets. */
function fedSecrets(command: Command): Range[] {
  const texts = command.words.map(({ text }) => text);
  const isRead =
    readsSecret(texts) || downstream(command).some((each) => readsSecret(each.words.map(({ text }) => text)));
  const isKept = command.outputs.some(({ text }) => secretFile.test(text));
  if (!isRead && !isKept) return [];
  const printer = texts.findIndex((text) => printers.test(text));
  const printed = printer < 0 || !(isKept || command.into !== null) ? [] : command.words.slice(printer + 1);
  return [...printed.filter(({ text }) => !/^-[neE]{1,3}$/.test(text)), ...command.input].map((word) =>
    inScript(word, [0, word.text.length]),
  );
}

function downstream(command: Command): Command[] {
  const all: Command[] = [];
  for (let next = command.into; next !== null && all.length < maxPipe; next = next.into) all.push(next);
  return all;
}

const maxPipe = 16;

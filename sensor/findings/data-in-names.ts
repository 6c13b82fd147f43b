import type { ProcessNode } from '../spans/process-node.ts';
import type { Detector, Hit } from './detector.ts';

/** Characters of encoded text below one parent, of all its names together, that make a finding: a token of 40 bytes in base32 comes to 64. */
const manyCharacters = 160;
/** …or in one name: few honest ones have more than 52 characters at all (Farnham, Detecting DNS Tunneling, SANS 2013). */
const longName = 52;
/** A shorter label is a word, a region or a shard. */
const longLabel = 16;
const maxParents = 1_024;

interface Parent {
  characters: number;
  names: number;
}

/** Names whose labels are not words but data, gathered by the parent that somebody registered: its name servers read them. */
export function dataInNames(): Detector {
  const parents = new Map<string, Parent>();
  let forgotten = 0;
  return {
    get forgotten() {
      return forgotten;
    },
    asked(name, _node: ProcessNode): Hit | null {
      if (name.length < longLabel || localName.test(name)) return null;
      const { parent, labels } = split(name);
      const characters = encodedCharacters(labels);
      if (characters === 0) return null;
      const known = add(parents, parent, characters);
      if (parents.size > maxParents) {
        forgotten += 1;
        forgetOldest(parents);
      }
      return judge(parent, known, characters);
    },
  };
}

/** Names of this machine, of its network, of a cluster; and questions for the name of an address. */
const localName = /(^|\.)(local|localhost|internal|lan|arpa|svc|cluster\.local)$/;

/** Parents that sell names below them, so that the customer's own label belongs to the parent (a choice from publicsuffix.org). */
const sharedParent =
  /\.(co|com|net|org|gov|ac|edu)\.[a-z]{2}$|\.(amazonaws\.com(\.cn)?|cloudfront\.net|azurewebsites\.net|windows\.net|azure\.com|azure\.net|googleapis\.com|appspot\.com|github\.io|githubusercontent\.com|herokuapp\.com|fly\.dev|vercel\.app|netlify\.app|pages\.dev|workers\.dev|r2\.dev|akamaized\.net|akamaiedge\.net|fastly\.net|sentry\.io|run\.app|on\.aws|elb\.amazonaws\.com)$/;

/** The labels below the parent that one party registered. */
function split(name: string): { parent: string; labels: string[] } {
  const labels = name.split('.');
  const own = sharedParent.test(name) ? 3 : 2;
  return { parent: labels.slice(-own).join('.'), labels: labels.slice(0, -own) };
}

/** Of a shared parent one label of data is the customer's or the shard's name, as clouds give them. */
function encodedCharacters(labels: readonly string[]): number {
  return labels.filter(isEncoded).reduce((sum, { length }) => sum + length, 0);
}

/**
 * Base32, base64url or hex: long, without the hyphens between words, and with more than a fifth of digits or nearly no vowels, as no word has.
 * (Base64 loses its capitals in DNS, and carriers therefore use the others.)
 */
function isEncoded(label: string): boolean {
  if (label.length < longLabel || uuid.test(label)) return false;
  const letters = label.replace(/[-_]/g, '');
  const digits = letters.replace(/[^0-9]/g, '').length / letters.length;
  const vowels = letters.replace(/[^aeiou]/g, '').length / letters.length;
  return longestWord(label) >= longLabel && (digits > 0.12 || vowels < 0.2);
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function longestWord(label: string): number {
  return Math.max(...label.split('-').map(({ length }) => length));
}

function add(parents: Map<string, Parent>, name: string, characters: number): Parent {
  const parent = parents.get(name) ?? { characters: 0, names: 0 };
  // The one that was last asked for is the last to be forgotten.
  parents.delete(name);
  parents.set(name, parent);
  parent.characters += characters;
  parent.names += 1;
  return parent;
}

function forgetOldest(parents: Map<string, Parent>): void {
  const oldest = parents.keys().next().value;
  if (oldest !== undefined) parents.delete(oldest);
}

/** One name with one hash in it is a shard; more than a hash, or several of them, are a message. */
function judge(name: string, { characters, names }: Parent, latest: number): Hit | null {
  const isLong = latest > longName;
  if (!isLong && (characters < manyCharacters || names < 3)) return null;
  return {
    rule: 'data-in-names',
    severity: characters >= manyCharacters && names > 1 ? 'High' : 'Medium',
    subject: { kind: 'name', name: `*.${name}` },
    detail: `${names === 1 ? 'in one name' : `in ${names} names`} so far`,
  };
}

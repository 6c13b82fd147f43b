import { ChaperoneError } from '../../../crds/errors.ts';
import { readSigningKey, type SinkKind } from './message.ts';

/** Where a sink is, as its Secret says, and how it is spoken to. */
export interface SinkTarget {
  kind: SinkKind;
  url: URL;
  signingKey?: Buffer;
}

/** What a key of a Secret holds. */
export interface SecretText {
  text: string;
  secret: string;
  key: string;
}

/** HMAC-SHA256 with less than this can be guessed (the least of Standard Webhooks). */
const LEAST_KEY_BYTES = 24;

/** Throws `sink-secret-invalid`, whose message never holds what is secret. */
export function readTarget(
  texts: { url: SecretText; signingKey?: SecretText },
  { kind, allowHttp }: { kind: SinkKind; allowHttp: boolean },
): SinkTarget {
  const url = readUrl(texts.url, allowHttp);
  return texts.signingKey === undefined ? { kind, url } : { kind, url, signingKey: readKey(texts.signingKey) };
}

function readUrl(from: SecretText, allowHttp: boolean): URL {
  const text = from.text.trim();
  if (text === '') throw invalid(from, 'is empty: write the address of the sink there');
  // A URL of several lines would be read as one.
  if (/\s/.test(text)) throw invalid(from, 'holds spaces or several lines: write the address alone, on one line');
  const url = URL.parse(text);
  if (url !== null && !isDecodable(`${url.username}${url.password}`))
    throw invalid(from, 'has a user or password that is not percent-encoded: write % as %25');
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && allowHttp)) return url;
  throw invalid(
    from,
    url?.protocol === 'http:'
      ? 'begins with http://, which is not allowed here: write an https:// address'
      : 'holds no address: write one such as https://hooks.example.com/…',
  );
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

const GOOD_KEY = 'whsec_ and what openssl rand -base64 32 prints';

function readKey(from: SecretText): Buffer {
  const text = from.text.trim();
  if (text === '') throw invalid(from, `is empty: write ${GOOD_KEY}`);
  if (/[\r\n]/.test(text)) throw invalid(from, 'holds several lines: write the signing key alone, on one line');
  const key = readSigningKey(text);
  if (key === null) throw invalid(from, `goes on after whsec_ with what is not base64: write ${GOOD_KEY}`);
  if (key.length < LEAST_KEY_BYTES)
    throw invalid(from, `holds a signing key that is shorter than ${LEAST_KEY_BYTES} bytes: write ${GOOD_KEY}`);
  return key;
}

function invalid({ secret, key }: SecretText, what: string): ChaperoneError {
  return new ChaperoneError('sink-secret-invalid', `the key ${key} of the Secret ${secret} ${what}`);
}

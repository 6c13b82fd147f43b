import { ChaperoneError } from '../../../crds/errors.ts';
import { readSigningKey } from './message.ts';

/** Where a sink is, as its Secret says. */
export interface SinkTarget {
  url: URL;
  signingKey?: Buffer;
}

/** Texts of a sink's Secret. */
export interface TargetTexts {
  url: string;
  signingKey?: string;
}

/** HMAC-SHA256 with less than this can be guessed (the least of Standard Webhooks). */
const LEAST_KEY_BYTES = 24;

/** Throws `sink-secret-invalid`, whose message never holds what is secret. */
export function readTarget(texts: TargetTexts, { allowHttp }: { allowHttp: boolean }): SinkTarget {
  const url = readUrl(texts.url.trim(), allowHttp);
  if (texts.signingKey === undefined) return { url };
  const signingKey = readSigningKey(texts.signingKey.trim());
  if (signingKey.length < LEAST_KEY_BYTES) {
    throw invalid(`its signing key is shorter than ${LEAST_KEY_BYTES} bytes: make one with openssl rand -base64 32`);
  }
  return { url, signingKey };
}

function readUrl(text: string, allowHttp: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && allowHttp)) return url;
  throw invalid(
    url?.protocol === 'http:'
      ? 'its address begins with http://, which is not allowed here: write an https:// address'
      : 'it holds no address such as https://hooks.example.com/…',
  );
}

function invalid(what: string): ChaperoneError {
  return new ChaperoneError('sink-secret-invalid', what);
}

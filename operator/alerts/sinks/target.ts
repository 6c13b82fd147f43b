import { ChaperoneError } from '../../../crds/errors.ts';
import { readSigningKey, type SinkKind } from './message.ts';

/** Where a sink is, as its Secret says, and how it is spoken to. */
export interface SinkTarget {
  kind: SinkKind;
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
export function readTarget(
  texts: TargetTexts,
  { kind, allowHttp }: { kind: SinkKind; allowHttp: boolean },
): SinkTarget {
  const url = readUrl(texts.url.trim(), allowHttp);
  if (texts.signingKey === undefined) return { kind, url };
  const signingKey = readSigningKey(texts.signingKey.trim());
  if (signingKey.length < LEAST_KEY_BYTES) {
    throw invalid(
      `its signing key is shorter than ${LEAST_KEY_BYTES} bytes: write whsec_ and what openssl rand -base64 32 prints`,
    );
  }
  return { kind, url, signingKey };
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

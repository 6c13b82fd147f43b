import type { Answer } from './http-post.ts';

/** What one try to deliver a batch came to. */
export type Outcome =
  | { kind: 'sent'; rejected: number; message: string }
  | { kind: 'too-large' }
  | { kind: 'refused'; message: string }
  | { kind: 'retry'; message: string; retryAfterMs: number | null; doubtful: boolean };

/** Refused by the content or for good: sending the same again cannot help. 404 and 5xx may be a proxy before its back end is up. */
const finalStatuses = new Set([400, 405, 406, 411, 414, 415, 422, 431]);
/** The OTLP specification's retryable answers, and those that a rotated token or a slow proxy heals. */
const passingStatuses = new Set([401, 403, 408, 425, 429, 502, 503, 504]);

/** The longest wait a `Retry-After` may ask of us, in milliseconds. */
const longestRetryAfterMs = 300_000;

/** Judges an answer; `answer` is `null` when none came (refused, reset, timed out), then `failure` says why. */
export function judge(answer: Answer | null, failure: string, now: Date): Outcome {
  if (answer === null) return { kind: 'retry', message: failure, retryAfterMs: null, doubtful: false };
  if (answer.status >= 200 && answer.status <= 299) return judgeSuccess(answer);
  if (answer.status === 413) return { kind: 'too-large' };
  const message = `the server answered ${answer.status}`;
  if (finalStatuses.has(answer.status)) return { kind: 'refused', message };
  const retryAfterMs = parseRetryAfter(answer.retryAfter, now);
  return { kind: 'retry', message, retryAfterMs, doubtful: !passingStatuses.has(answer.status) };
}

/** RFC 9110 §10.2.3: seconds or a date; `null` for anything else. Never longer than five minutes. */
export function parseRetryAfter(value: string | null, now: Date): number | null {
  if (value === null) return null;
  if (/^\d{1,9}$/.test(value)) return Math.min(Number(value) * 1000, longestRetryAfterMs);
  const date = /[A-Za-z]/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(date)) return null;
  return Math.min(Math.max(date - now.getTime(), 0), longestRetryAfterMs);
}

/**
 * A success counts only in OTLP's own words, else some proxy or sign-in page said it: nothing (the protocol's empty answer) or an object,
 * perhaps with a partial success (of findings `rejectedFindings`): `{"partialSuccess": {"rejectedSpans": "3", "errorMessage": "…"}}`; int64 stands as a string or a number.
 */
function judgeSuccess({ status, body }: Answer): Outcome {
  const answer = body.trim() === '' ? {} : parseJson(body);
  const partial = isObject(answer) ? (answer.partialSuccess ?? {}) : null;
  if (!isObject(partial)) {
    const message = `the server answered ${status} with something that is not OTLP`;
    return { kind: 'retry', message, retryAfterMs: null, doubtful: true };
  }
  const rejected = Number(partial.rejectedSpans ?? partial.rejectedFindings ?? 0);
  return {
    kind: 'sent',
    rejected: Number.isSafeInteger(rejected) && rejected > 0 ? rejected : 0,
    message: typeof partial.errorMessage === 'string' ? partial.errorMessage : '',
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import { GatewayRefusal } from './refusal.ts';

/** The longest pause that a sensor is asked for: its pod may end before a longer one has passed. */
const MAX_RETRY_AFTER = 60;
const DEFAULT_RETRY_AFTER = 5;

/**
 * What the back end's answer means to a sensor: null for success. Only what another try of the same bytes cannot mend is passed on as such;
 * a wrong credential or address of ours (401, 403, 404) is not the sensor's fault, so its spans wait.
 */
export function mapAnswer(
  answer: { statusCode: number; retryAfter: string | undefined },
  now: number,
): GatewayRefusal | null {
  const { statusCode } = answer;
  if (statusCode >= 200 && statusCode < 300) return null;
  const message = `the tracing back end answered ${statusCode}`;
  if (statusCode === 413) return new GatewayRefusal('backend-too-large', message, { status: 413 });
  if (statusCode === 400 || statusCode === 422) return new GatewayRefusal('backend-refused', message, { status: 400 });
  const retryAfterSeconds = readRetryAfter(answer.retryAfter, now);
  if (statusCode === 429) return new GatewayRefusal('backend-busy', message, { status: 429, retryAfterSeconds });
  const code = statusCode >= 500 ? 'backend-failing' : 'backend-misconfigured';
  return new GatewayRefusal(code, message, { status: 503, retryAfterSeconds });
}

/** Seconds or an HTTP date (RFC 9110, section 10.2.3) as whole seconds from 1 to `most`; 5 when there is neither. */
export function readRetryAfter(text: string | undefined, now: number, most = MAX_RETRY_AFTER): number {
  const given = text?.trim() ?? '';
  const seconds = /^\d+$/.test(given) ? Number(given) : (Date.parse(given) - now) / 1000;
  if (Number.isNaN(seconds)) return DEFAULT_RETRY_AFTER;
  return Math.min(most, Math.max(1, Math.ceil(seconds)));
}

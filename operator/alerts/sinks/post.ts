import { Agent, type Dispatcher } from 'undici';
import { readRetryAfter } from '../../gateway/answer.ts';
import { type AddressRule, guardedLookup, refuseLiteral } from './guarded-lookup.ts';
import type { Message } from './message.ts';

/** What a sink's answer means. `why` is for people, and tells nothing of the answer but its status. */
export type Outcome =
  | { result: 'sent' }
  /** No other try of the same bytes can mend it. */
  | { result: 'refused'; why: string }
  | { result: 'failed'; why: string; retryAfterMs?: number };

/** Posts a message and resolves, always, within its time limit. */
export type Post = (url: URL, message: Message) => Promise<Outcome>;

const TIMEOUT_MS = 10_000;
const MAX_ANSWER = 64 * 1024;
/** A longer pause is taken for this one. */
const MAX_RETRY_AFTER_S = 900;

export interface PosterOptions {
  /** Which addresses may be connected to; every one without it. */
  mayConnect?: AddressRule;
  /** Milliseconds since 1970. */
  now: () => number;
  /** From the first byte to the last; 10 s unless said. */
  timeoutMs?: number;
}

/** Makes connections to sinks of one kind of trust. */
export function createPoster({ mayConnect, now, timeoutMs = TIMEOUT_MS }: PosterOptions): {
  post: Post;
  close(): Promise<void>;
} {
  const agent = new Agent({
    connect: { timeout: timeoutMs, ...(mayConnect && { lookup: guardedLookup(mayConnect) }) },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: MAX_ANSWER,
    connections: 4,
    keepAliveTimeout: 30_000,
  });
  return {
    async post(url, message) {
      try {
        if (mayConnect !== undefined) refuseLiteral(url, mayConnect);
        return meaningOf(await send(agent, url, { ...message, timeoutMs }), now());
      } catch (error) {
        return whyNot(error);
      }
    },
    close: () => agent.destroy(),
  };
}

interface Answer {
  status: number;
  retryAfter: string | undefined;
}

async function send(
  agent: Dispatcher,
  url: URL,
  { headers, body, timeoutMs }: Message & { timeoutMs: number },
): Promise<Answer> {
  const response = await agent.request({
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method: 'POST',
    headers: { ...headers, ...authorizationOf(url), 'user-agent': 'chaperone-gateway' },
    body,
    signal: AbortSignal.timeout(timeoutMs),
  });
  // What it says beyond its status is nobody's: a policy's author must not read answers through us.
  await response.body.dump().catch(() => undefined);
  const retryAfter = response.headers['retry-after'];
  return { status: response.statusCode, retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter };
}

function authorizationOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

function meaningOf({ status, retryAfter }: Answer, now: number): Outcome {
  const why = `it answered ${status}`;
  if (status >= 200 && status < 300) return { result: 'sent' };
  if (status >= 300 && status < 400) return { result: 'failed', why: `${why}, and redirects are not followed` };
  if (status === 400 || status === 413 || status === 422) return { result: 'refused', why };
  if (retryAfter === undefined) return { result: 'failed', why };
  return { result: 'failed', why, retryAfterMs: readRetryAfter(retryAfter, now, MAX_RETRY_AFTER_S) * 1000 };
}

function whyNot(error: unknown): Outcome {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const name = error instanceof Error ? error.name : '';
  if (code === 'sink-address-refused') {
    return { result: 'failed', why: 'its name leads to a private or local address, which is not allowed here' };
  }
  const isLate = code.includes('TIMEOUT') || name === 'TimeoutError';
  return { result: 'failed', why: isLate ? 'it did not answer in time' : 'it cannot be reached' };
}

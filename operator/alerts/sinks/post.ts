import { Agent, type Dispatcher } from 'undici';
import { readRetryAfter } from '../../gateway/answer.ts';
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

/** Connections to sinks of one kind of trust. */
export function createPoster(
  connect: Agent.Options['connect'],
  now: () => number,
): { post: Post; close(): Promise<void> } {
  const agent = new Agent({
    connect: { timeout: TIMEOUT_MS, ...(typeof connect === 'object' ? connect : {}) },
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    maxResponseSize: MAX_ANSWER,
    connections: 4,
    keepAliveTimeout: 30_000,
  });
  return {
    post: (url, message) => send(agent, url, message).then((answer) => meaningOf(answer, now()), whyNot),
    close: () => agent.destroy(),
  };
}

interface Answer {
  status: number;
  retryAfter: string | undefined;
}

async function send(agent: Dispatcher, url: URL, { headers, body }: Message): Promise<Answer> {
  const response = await agent.request({
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method: 'POST',
    headers: { ...headers, ...authorizationOf(url), 'user-agent': 'chaperone-gateway' },
    body,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  // What it says beyond its status is nobody's: a policy's author must not read answers through us.
  await response.body.dump();
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
  return { result: 'failed', why, retryAfterMs: readRetryAfter(retryAfter, now) * 1000 };
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

import type { Dispatcher } from 'undici';
import { type Clock, sleep } from '../runtime/clock.ts';
import type { Connection, Session } from './connection.ts';
import { KubeError } from './errors.ts';

const REQUEST_TIMEOUT_MS = 30_000;
/** Tries of one request that the server asks to repeat (429, 503 with Retry-After); client-go has 10. */
const MAX_TRIES = 6;
const MAX_RETRY_AFTER_MS = 30_000;
const USER_AGENT = 'chaperone-operator';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One request to the API server. */
export interface ApiRequest {
  method: Method;
  path: string;
  /** Query parameters; undefined ones are left out. */
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  /** Of the body; application/json unless said. */
  contentType?: string;
  signal?: AbortSignal;
}

/** Told once for each answer (or failure to get one), for the metrics `rest_client_*`. */
export interface RequestRecord {
  method: Method;
  host: string;
  /** HTTP status, or `<error>` as client-go says when there was no answer. */
  code: string;
  seconds: number;
}

/** Speaks HTTP with the API server: authentication, repetition and errors. Rejects with KubeError only. */
export interface Transport {
  /** The parsed answer. */
  request<T>(request: ApiRequest): Promise<T>;
  /** The bytes of a watch; ends or fails with the connection, and has no time limit of its own. */
  stream(request: ApiRequest): Promise<AsyncIterable<Uint8Array>>;
  close(): Promise<void>;
}

export interface TransportOptions {
  connection: Connection;
  clock: Clock;
  /** Between 0 and 1, for jitter. */
  random: () => number;
  observe?: (record: RequestRecord) => void;
}

/** Makes the transport over one connection. */
export function createTransport(options: TransportOptions): Transport {
  return {
    async request<T>(request: ApiRequest): Promise<T> {
      const response = await sendPatiently(options, request, REQUEST_TIMEOUT_MS);
      return parseBody<T>(request, await readText(request, response));
    },
    async stream(request) {
      const response = await sendPatiently(options, request, 0);
      return response.body;
    },
    close: () => options.connection.close(),
  };
}

type Response = Dispatcher.ResponseData;

/** Sends, and again as long as the server asks to come back later. */
async function sendPatiently(options: TransportOptions, request: ApiRequest, bodyTimeout: number): Promise<Response> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await sendAuthenticated(options, request, bodyTimeout);
    if (response.statusCode < 400) return response;
    const error = toKubeError(request, response.statusCode, await readText(request, response));
    const delay = retryDelay(response, options.random());
    if (delay === undefined || attempt >= MAX_TRIES) throw error;
    await sleep(options.clock, delay, request.signal);
    if (request.signal?.aborted === true) throw error;
  }
}

/** Milliseconds to wait before the next try; undefined when the server did not ask for one. */
function retryDelay(response: Response, random: number): number | undefined {
  const header = response.headers['retry-after'];
  if (response.statusCode !== 429 && (response.statusCode !== 503 || header === undefined)) return undefined;
  const seconds = Number(header ?? 1);
  const wanted = Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : 1000;
  return Math.min(wanted, MAX_RETRY_AFTER_MS) * (1 + 0.2 * random);
}

/** Sends once, and once more with credentials read anew when they were refused. */
async function sendAuthenticated(
  options: TransportOptions,
  request: ApiRequest,
  bodyTimeout: number,
): Promise<Response> {
  const session = await credentials(request, () => options.connection.session());
  const response = await send(options, request, { session, bodyTimeout });
  if (response.statusCode !== 401) return response;
  await response.body.dump();
  const renewed = await credentials(request, () => options.connection.renew(session));
  return send(options, request, { session: renewed, bodyTimeout });
}

async function credentials(request: ApiRequest, open: () => Promise<Session>): Promise<Session> {
  try {
    return await open();
  } catch (cause) {
    throw new KubeError(
      'kube-credentials',
      `No credentials for ${describe(request)}: check the service account token.`,
      {
        cause,
      },
    );
  }
}

interface Attempt {
  session: Session;
  bodyTimeout: number;
}

async function send(
  options: TransportOptions,
  request: ApiRequest,
  { session, bodyTimeout }: Attempt,
): Promise<Response> {
  const { connection, clock, observe } = options;
  const url = new URL(connection.server + request.path + queryString(request.query));
  const startedAt = clock.now();
  const record = (code: string): void =>
    observe?.({ method: request.method, host: url.host, code, seconds: (clock.now() - startedAt) / 1000 });
  try {
    const response = await session.dispatcher.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: request.method,
      headers: { ...session.headers, ...bodyHeaders(request), accept: 'application/json', 'user-agent': USER_AGENT },
      body: request.body === undefined ? null : JSON.stringify(request.body),
      headersTimeout: REQUEST_TIMEOUT_MS,
      bodyTimeout,
      signal: request.signal ?? null,
    });
    record(String(response.statusCode));
    return response;
  } catch (cause) {
    record('<error>');
    if (isCertificateError(cause)) await connection.renew(session).catch(() => undefined);
    throw toNetworkError(request, cause);
  }
}

function queryString(query: ApiRequest['query']): string {
  const entries = Object.entries(query ?? {}).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, String(value)]],
  );
  return entries.length === 0 ? '' : `?${new URLSearchParams(entries)}`;
}

function bodyHeaders({ body, contentType }: ApiRequest): Record<string, string> {
  return body === undefined ? {} : { 'content-type': contentType ?? 'application/json' };
}

async function readText(request: ApiRequest, response: Response): Promise<string> {
  try {
    return await response.body.text();
  } catch (cause) {
    throw toNetworkError(request, cause);
  }
}

function parseBody<T>(request: ApiRequest, text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new KubeError('kube-malformed', `The answer to ${describe(request)} is not JSON: is this an API server?`, {
      cause,
    });
  }
}

/** The error for an answer that is not a success; its body is normally a `Status` object. */
function toKubeError(request: ApiRequest, status: number, text: string): KubeError {
  const { message, reason } = readStatus(text);
  return new KubeError('kube-status', `The API server answered ${status} to ${describe(request)}: ${message}`, {
    status,
    reason,
  });
}

/** The message and reason of a `Status` object; of anything else, its first 200 characters. */
export function readStatus(text: string): { message: string; reason: string } {
  try {
    const { message, reason } = JSON.parse(text) as { message?: unknown; reason?: unknown };
    return { message: String(message ?? ''), reason: String(reason ?? '') };
  } catch {
    return { message: text.slice(0, 200), reason: '' };
  }
}

/** The error for a request that got no answer. */
export function toNetworkError(request: ApiRequest, cause: unknown): KubeError {
  if (cause instanceof KubeError) return cause;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code.includes('TIMEOUT')) {
    return new KubeError('kube-timeout', `The API server did not answer ${describe(request)} in time.`, { cause });
  }
  return new KubeError('kube-unreachable', `The API server cannot be reached for ${describe(request)}.`, { cause });
}

/** A certificate that is not trusted: the cluster's authority may have been rotated. */
function isCertificateError(cause: unknown): boolean {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return /CERT|SIGNATURE/.test(code);
}

function describe(request: ApiRequest): string {
  return `${request.method} ${request.path}`;
}

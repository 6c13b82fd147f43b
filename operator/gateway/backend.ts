import { type Dispatcher, Pool } from 'undici';
import type { Clock } from '../runtime/clock.ts';
import { mapAnswer } from './answer.ts';
import { GatewayRefusal } from './refusal.ts';

export interface BackendOptions {
  /** Base address of an OTLP/HTTP receiver, such as `http://collector.example.com:4318`; `/v1/traces` is added. */
  endpoint: string;
  /** Asked for at each request, so that a credential may be rotated. */
  headers: () => Promise<Record<string, string>>;
  clock: Clock;
}

/** The tracing back end. */
export interface Backend {
  /**
   * Passes a request on and resolves with the JSON body of the back end's success, `{}` when there is none to read.
   * Rejects with a {@link GatewayRefusal} that says what the sensor is to do.
   */
  send(body: string): Promise<unknown>;
  close(): Promise<void>;
}

/** Below the sensor's own timeout of 10 s (the OTLP exporter's default), so that it hears what went wrong. */
const TIMEOUT = 8_000;
const CONNECTIONS = 32;
/** More of an answer than this is not read; a partial success is a few hundred bytes. */
const MAX_ANSWER = 64 * 1024;

export function createBackend(options: BackendOptions): Backend {
  const target = new URL(`${options.endpoint.replace(/\/+$/, '')}/v1/traces`);
  const pool = new Pool(target.origin, {
    connections: CONNECTIONS,
    headersTimeout: TIMEOUT,
    bodyTimeout: TIMEOUT,
    connectTimeout: TIMEOUT,
    maxResponseSize: MAX_ANSWER,
  });
  return {
    async send(body) {
      const headers = await options.headers().catch(refuseMisconfigured);
      const answer = await post(pool, target, { headers, body }).catch(refuseUnreachable);
      const refusal = mapAnswer(answer, options.clock.now());
      if (refusal !== null) throw refusal;
      return readSuccess(answer);
    },
    close: () => pool.close(),
  };
}

interface Answer {
  statusCode: number;
  retryAfter: string | undefined;
  body: string;
}

async function post(
  pool: Dispatcher,
  target: URL,
  { headers, body }: { headers: Record<string, string>; body: string },
): Promise<Answer> {
  const response = await pool.request({
    origin: target.origin,
    path: `${target.pathname}${target.search}`,
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body,
    signal: AbortSignal.timeout(TIMEOUT),
  });
  const retryAfter = response.headers['retry-after'];
  const text = await response.body.text();
  return {
    statusCode: response.statusCode,
    retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
    body: text,
  };
}

function refuseMisconfigured(cause: unknown): never {
  const message = "the tracing back end's headers cannot be used; send again";
  throw new GatewayRefusal('backend-misconfigured', message, { status: 503, retryAfterSeconds: 5, cause });
}

function refuseUnreachable(cause: unknown): never {
  const message = 'the tracing back end does not answer; send again';
  throw new GatewayRefusal('backend-unreachable', message, { status: 503, retryAfterSeconds: 5, cause });
}

/** Some page of a proxy with status 200 is no success: told so, the sensor would forget spans that nobody has. An empty answer is the protocol's. */
function readSuccess({ statusCode, body }: Answer): unknown {
  const answer = body.trim() === '' ? {} : parseJson(body);
  if (typeof answer === 'object' && answer !== null && !Array.isArray(answer)) return answer;
  const message = `the tracing back end answered ${statusCode} with something that is not OTLP; send again`;
  throw new GatewayRefusal('backend-misconfigured', message, { status: 503, retryAfterSeconds: 5 });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

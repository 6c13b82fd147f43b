import diagnostics from 'node:diagnostics_channel';
import http from 'node:http';
import https from 'node:https';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Clock } from './clock.ts';
import { type Answer, judge, type Outcome } from './outcome.ts';
import { instrumentationScope } from './readable-span.ts';

export interface TransportOptions {
  /** Where spans are posted, path included: `https://collector.example.com:4318/v1/traces`. */
  readonly url: string;
  /** Asked at each request, so that a rotated token is used at once. */
  readonly headers: () => Promise<Record<string, string>>;
  /** PEM bundle to trust instead of the system's. */
  readonly ca?: string | undefined;
  /** How long a server may stay silent, in milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

export interface Transport {
  send(spans: readonly ReadableSpan[]): Promise<Outcome>;
  close(): void;
}

/** How long a server that answers drop by drop may take beyond its silence limit, in milliseconds. */
const tricklingAllowanceMs = 5_000;
/** Of an answer's body no more than this is read; a partial success is far smaller. */
const answerBodyLimit = 65_536;

/**
 * OTLP/HTTP with JSON through the OpenTelemetry exporter. Its result does not tell `Retry-After`, the status of a retryable
 * answer or a partial success, so the answers of our own agent's requests are read from Node's diagnostics channel too.
 */
export function createTransport(options: TransportOptions): Transport {
  const agent = createAgent(options);
  const exporter = new OTLPTraceExporter({
    url: options.url,
    headers: async () => ({ ...(await options.headers()) }),
    timeoutMillis: options.timeoutMs,
    httpAgentOptions: () => agent,
    userAgent: `${instrumentationScope.name}/${instrumentationScope.version}`,
  });
  const watch = watchAnswers(agent);
  return {
    async send(spans) {
      watch.forget();
      const failure = await exportOnce(exporter, spans, options, () => agent.destroy());
      return judge(
        failure === null ? (watch.last() ?? plainSuccess) : watch.last(),
        failure ?? '',
        options.clock.wall(),
      );
    },
    close() {
      watch.stop();
      agent.destroy();
    },
  };
}

const plainSuccess: Answer = { status: 200, retryAfter: null, body: '' };

function createAgent({ url, ca }: TransportOptions): http.Agent | https.Agent {
  const settings = { keepAlive: true, maxSockets: 1 };
  if (new URL(url).protocol === 'http:') return new http.Agent(settings);
  return new https.Agent(ca === undefined ? settings : { ...settings, ca });
}

/** `null` when the exporter called it a success, else why not. `abort` ends the connections when time is up. */
function exportOnce(
  exporter: OTLPTraceExporter,
  spans: readonly ReadableSpan[],
  { clock, timeoutMs }: TransportOptions,
  abort: () => void,
): Promise<string | null> {
  return new Promise((resolve) => {
    const cancel = clock.after(timeoutMs + tricklingAllowanceMs, () => {
      resolve('the server did not finish its answer in time');
      abort();
    });
    exporter.export([...spans], (result) => {
      cancel();
      resolve(result.code === 0 ? null : (result.error?.message ?? 'the export failed'));
    });
  });
}

interface AnswerWatch {
  last(): Answer | null;
  forget(): void;
  stop(): void;
}

/** The last answer given to a request of `agent`. One batch is in flight at a time, so the last is the batch's. */
function watchAnswers(agent: http.Agent): AnswerWatch {
  let answer: (Omit<Answer, 'body'> & { chunks: Buffer[]; bytes: number }) | null = null;
  const onFinish = (message: unknown) => {
    const { request, response } = message as { request: { agent?: unknown }; response: http.IncomingMessage };
    if (request.agent !== agent) return;
    const current = {
      status: response.statusCode ?? 0,
      retryAfter: response.headers['retry-after'] ?? null,
      chunks: [] as Buffer[],
      bytes: 0,
    };
    answer = current;
    response.on('data', (chunk: Buffer) => {
      current.bytes += chunk.length;
      if (current.bytes <= answerBodyLimit) current.chunks.push(chunk);
    });
  };
  diagnostics.subscribe('http.client.response.finish', onFinish);
  return {
    last: () => (answer === null ? null : { ...answer, body: Buffer.concat(answer.chunks).toString('utf8') }),
    forget() {
      answer = null;
    },
    stop: () => diagnostics.unsubscribe('http.client.response.finish', onFinish),
  };
}

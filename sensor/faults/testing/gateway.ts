import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { Finding } from '../../../crds/finding.ts';
import { findingSchema } from '../../../crds/finding-schema.ts';
import { LoopbackServer } from '../../export/testing/loopback-server.ts';
import { readTraces } from '../../export/trace-reader.ts';
import type { FinishedSpan } from '../../spans/finished-span.ts';

/** How a request is met: by default at once, with 200 and OTLP's empty answer. */
export interface Conduct {
  readonly status?: number;
  readonly retryAfter?: string;
  readonly body?: string;
  readonly afterMs?: number;
  /** Resets the connection while the request comes, or in the middle of a success. */
  readonly cut?: 'request' | 'answer';
}

/** The gateway of a pod, which fails as it is told. */
export class FaultyGateway extends LoopbackServer {
  /** Asked for each request with spans: its body's length, and how many came before. */
  conduct: (bytes: number, nth: number) => Conduct = () => ({});
  requests = 0;
  /** Asked for each request with findings: its body, and how many came before. */
  conductFindings: (body: string, nth: number) => Conduct = () => ({});
  findingRequests = 0;
  /** Those that were answered, however. */
  findingAnswers = 0;
  /** Findings that were taken, each time, and when (Unix milliseconds). */
  readonly findings: { readonly finding: Finding; readonly at: number }[] = [];
  /** Hellos that were taken. */
  hellos = 0;
  /** Requests whose sender was not told that they were taken. */
  failures = 0;
  /** Spans that were taken, by id. */
  readonly spans = new Map<string, FinishedSpan>();
  /** Names of spans that came again with other content. */
  readonly changed: string[] = [];
  /** Requests with spans of which the sensor had been told that they were taken. */
  needless = 0;
  readonly #taken = new Map<string, { text: string; told: boolean }>();

  protected override meet(request: IncomingMessage, response: ServerResponse): void {
    request.on('error', () => {});
    this.#route(request, response).catch(() => response.destroy());
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/v1/traces') await this.#meetSpans(request, response);
    else if (request.url === '/v1/findings') await this.#meetFindings(request, response);
    else {
      await text(request);
      response.end('{}');
      this.hellos += 1;
    }
  }

  async #meetFindings(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = Date.now();
    const body = await text(request);
    const conduct = this.conductFindings(body, this.findingRequests++);
    if (conduct.cut === 'request') {
      request.socket.resetAndDestroy();
      this.findingAnswers += 1;
      return;
    }
    if ((conduct.status ?? 200) === 200)
      for (const finding of JSON.parse(body).findings)
        this.findings.push({ finding: findingSchema.parse(finding), at });
    await answer(response, conduct);
    this.findingAnswers += 1;
  }

  async #meetSpans(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const conduct = this.conduct(Number(request.headers['content-length']), this.requests++);
    const { status = 200, body = '{}', cut } = conduct;
    const isTold = status === 200 && body === '{}' && cut === undefined;
    if (!isTold) this.failures += 1;
    if (cut === 'request') request.once('data', () => request.socket.resetAndDestroy());
    else {
      const sent = await text(request);
      if (isTold || cut === 'answer') this.#take(sent, isTold);
      await answer(response, conduct);
    }
  }

  #take(body: string, told: boolean): void {
    let isNeedless = false;
    for (const span of readTraces(body).resources.flatMap(({ spans }) => spans)) {
      const content = JSON.stringify(span, (_, value) => (typeof value === 'bigint' ? String(value) : value));
      const before = this.#taken.get(span.spanId);
      if (before !== undefined && before.text !== content) this.changed.push(span.name);
      isNeedless ||= before?.told ?? false;
      this.#taken.set(span.spanId, { text: content, told });
      this.spans.set(span.spanId, span);
    }
    if (isNeedless) this.needless += 1;
  }
}

async function answer(response: ServerResponse, { status = 200, body = '{}', ...how }: Conduct): Promise<void> {
  const { afterMs = 0, retryAfter, cut } = how;
  await delay(afterMs);
  if (cut === 'answer') {
    response.writeHead(200, { 'content-length': '100' }).write('{"partial', () => response.socket?.resetAndDestroy());
    return;
  }
  response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end(body);
}

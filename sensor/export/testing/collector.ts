import type { IncomingMessage, ServerResponse } from 'node:http';
import { LoopbackServer } from './loopback-server.ts';

/** How the collector meets one request; `hang` never answers, `reset` cuts the connection in the middle of the answer. */
export type Conduct =
  | { status: number; headers?: Record<string, string>; body?: string }
  | 'hang'
  | 'reset'
  | ((body: string) => { status: number; headers?: Record<string, string>; body?: string });

/** How one makes itself known. */
export interface CollectorOptions {
  readonly tls?: { key: string; cert: string } | undefined;
  /** Names what a body brought; default its spans. */
  readonly names?: (body: string) => string[];
}

/** An OTLP/HTTP back end that misbehaves as told: `conducts` one after the other, then `200` for ever. */
export class Collector extends LoopbackServer {
  readonly conducts: Conduct[];
  /** Every request's body, in order, whatever was answered. */
  readonly bodies: string[] = [];
  readonly authorizations: (string | undefined)[] = [];
  /** Names of what was in requests that were answered with 2xx. */
  readonly accepted: string[] = [];
  readonly #names: (body: string) => string[];

  constructor(conducts: Conduct[], { tls, names = spanNames }: CollectorOptions = {}) {
    super(tls);
    this.conducts = conducts;
    this.#names = names;
  }

  get url(): string {
    return `${this.origin}/v1/traces`;
  }

  protected override meet(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      this.bodies.push(body);
      this.authorizations.push(request.headers.authorization);
      this.#answer(this.conducts.shift() ?? { status: 200 }, body, response);
    });
  }

  #answer(conduct: Conduct, body: string, response: ServerResponse): void {
    if (conduct === 'hang') return;
    if (conduct === 'reset') {
      response.socket?.resetAndDestroy();
      return;
    }
    const answer = typeof conduct === 'function' ? conduct(body) : conduct;
    if (answer.status < 300) this.accepted.push(...this.#names(body));
    response.writeHead(answer.status, answer.headers).end(answer.body ?? '{}');
  }
}

export function spanNames(body: string): string[] {
  type Request = { resourceSpans: { scopeSpans: { spans: { name: string }[] }[] }[] };
  const request = JSON.parse(body) as Request;
  return request.resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name)),
  );
}

/** A running collector that is gone when the test's scope ends. */
export async function startCollector(conducts: Conduct[] = [], options: CollectorOptions = {}): Promise<Collector> {
  const collector = new Collector(conducts, options);
  await collector.listen();
  return collector;
}

import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after } from 'node:test';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { Agent, request } from 'undici';
import type { Finding } from '../../../crds/finding.ts';
import { createAuthority, issueLeaf } from '../../certificates/authority.ts';
import type { TokenReviewStatus } from '../../kube/client.ts';
import { systemClock } from '../../runtime/clock.ts';
import { DEFAULT_LIMITS, type GatewayLimits } from '../admit.ts';
import type { GatewayTimeouts } from '../app.ts';
import { createBackend } from '../backend.ts';
import type { PodIdentity } from '../identity.ts';
import { createGatewayServer } from '../server.ts';

export const authority = await createAuthority(Date.now());
const certificate = await issueLeaf(authority, ['localhost'], Date.now());
const agent = new Agent({ connect: { ca: authority.certificate, servername: 'localhost' } });
after(() => agent.close());

/** The same for all: a token that is made again a second later is no other one. */
const exp = Math.floor(Date.now() / 1000) + 3600;

/** An unsigned token in a JWT's form; the stub of the API server believes it. */
export function tokenOf(pod: string, audience = 'chaperone-gateway', account = 'runners:default'): string {
  const part = (claims: object): string => Buffer.from(JSON.stringify(claims)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ pod, aud: audience, account, exp })}.x`;
}

export async function reviewToken(token: string): Promise<TokenReviewStatus> {
  const { pod, aud, account } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  const extra = {
    'authentication.kubernetes.io/pod-name': [pod],
    'authentication.kubernetes.io/pod-uid': [`uid-of-${pod}`],
    'authentication.kubernetes.io/node-name': ['node-1'],
  };
  return { authenticated: true, audiences: [aud], user: { username: `system:serviceaccount:${account}`, extra } };
}

interface Received {
  headers: IncomingMessage['headers'];
  body: { resourceSpans: { resource: { attributes: { key: string; value: unknown }[] }; scopeSpans: unknown[] }[] };
}

async function startBackend(answer: RequestListener = (_request, response) => response.end('{}')) {
  const received: Received[] = [];
  const server: Server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    received.push({ headers: incoming.headers, body: JSON.parse(Buffer.concat(chunks).toString()) });
    answer(incoming, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, received, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

export interface GatewayOptions {
  answer?: RequestListener;
  limits?: Partial<GatewayLimits>;
  findingsLimits?: Partial<GatewayLimits>;
  timeouts?: GatewayTimeouts;
  review?: typeof reviewToken;
}

/** A gateway with its back end, on loopback; everything that it hands on is kept. */
export async function startGateway(options: GatewayOptions = {}) {
  const { server, received, endpoint } = await startBackend(options.answer);
  const statuses: { pod: PodIdentity; status: string }[] = [];
  const taken: { pod: PodIdentity; findings: readonly Finding[] }[] = [];
  const registry = new Registry();
  const headers = async () => ({ authorization: 'Bearer of-the-back-end' });
  const backend = createBackend({ endpoint, headers, clock: systemClock });
  const gateway = createGatewayServer({
    certificate,
    reviewToken: options.review ?? reviewToken,
    backend,
    namespace: 'chaperone-system',
    writeSensorStatus: async (pod, status) => {
      statuses.push({ pod, status });
    },
    takeFindings: async (pod, findings) => {
      taken.push({ pod, findings });
    },
    registry,
    log: pino({ level: 'silent' }),
    clock: systemClock,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    ...(options.findingsLimits && { findingsLimits: { ...DEFAULT_LIMITS, ...options.findingsLimits } }),
    ...(options.timeouts === undefined ? {} : { timeouts: options.timeouts }),
  });
  const port = await gateway.listen(0, '127.0.0.1');
  const post = (path: string, body: string | Buffer, headers: Record<string, string> = {}) =>
    request(`https://127.0.0.1:${port}${path}`, {
      method: 'POST',
      dispatcher: agent,
      headers: { authorization: `Bearer ${tokenOf('runner-1')}`, 'content-type': 'application/json', ...headers },
      body,
    });
  /** A connection on which nothing was asked yet. */
  const connect = async (): Promise<TLSSocket> => {
    const socket = connectTls({ port, host: '127.0.0.1', ca: authority.certificate, servername: 'localhost' });
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    return socket;
  };
  const stop = async (): Promise<void> => {
    await gateway.close();
    await backend.close();
    server.closeAllConnections();
    server.close();
  };
  return { gateway, port, post, connect, received, statuses, taken, registry, stop, [Symbol.asyncDispose]: stop };
}

/** A request of so many spans, of a resource with these attributes. */
export function traces(attributes: { key: string; value: unknown }[] = [], spans = 1): string {
  const span = (index: number) => ({
    traceId: '0bd0afbe17036e89e4a05c993dace1da',
    spanId: (index + 1).toString(16).padStart(16, '0'),
    name: 'Run tests',
    startTimeUnixNano: '1795362598000000001',
    attributes: [{ key: 'process.pid', value: { intValue: 42 } }],
  });
  const scopeSpans = [
    { scope: { name: 'chaperone' }, spans: Array.from({ length: spans }, (_, index) => span(index)) },
  ];
  return JSON.stringify({ resourceSpans: [{ resource: { attributes }, scopeSpans }] });
}

/** A back end that answers when it is told to. */
export function holdAnswers() {
  const held: (() => void)[] = [];
  return {
    answer: (_request: IncomingMessage, response: ServerResponse): void => {
      held.push(() => response.end('{}'));
    },
    /** Resolves once so many requests wait. */
    waiting: async (count: number): Promise<void> => {
      while (held.length < count) await new Promise(setImmediate);
    },
    release: (): void => {
      for (const answer of held.splice(0)) answer();
    },
  };
}

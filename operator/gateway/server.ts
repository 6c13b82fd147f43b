import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Finding } from '../../crds/finding.ts';
import { readFindings } from '../alerts/read-findings.ts';
import { readLastWords } from '../alerts/read-last-words.ts';
import type { KeyPair } from '../certificates/authority.ts';
import { closeGracefully, serverTls } from '../certificates/server-tls.ts';
import type { TokenReviewStatus } from '../kube/client.ts';
import type { Clock } from '../runtime/clock.ts';
import { type Admission, createAdmission, DEFAULT_LIMITS, type GatewayLimits } from './admit.ts';
import { createApp, type GatewayTimeouts } from './app.ts';
import { type Authenticator, createAuthenticator } from './authenticate.ts';
import type { Backend } from './backend.ts';
import { sensorStatus } from './hello.ts';
import type { PodIdentity } from './identity.ts';
import { createGatewayMetrics, type GatewayMetrics } from './metrics.ts';
import { asRefusal, GatewayRefusal } from './refusal.ts';
import { createRefusalLog } from './refusal-log.ts';
import { stampTraces } from './stamp.ts';

export interface GatewayServerOptions {
  certificate: KeyPair;
  /** Asks the API server about a token, for the audience `chaperone-gateway`. */
  reviewToken: (token: string) => Promise<TokenReviewStatus>;
  backend: Backend;
  /** Writes the annotation of that very pod; rejects with a {@link GatewayRefusal} or anything else. */
  writeSensorStatus: (pod: PodIdentity, status: string) => Promise<void>;
  /** Takes what that very pod has found; rejects with a {@link GatewayRefusal} or anything else. */
  takeFindings: (pod: PodIdentity, findings: readonly Finding[]) => Promise<void>;
  /** The release's own, in which the operator lives. */
  namespace: string;
  registry: Registry;
  log: Logger;
  clock: Clock;
  limits?: GatewayLimits;
  /** Of `/v1/findings`, which has its own. */
  findingsLimits?: GatewayLimits;
  timeouts?: GatewayTimeouts;
}

/** The gateway over TLS. */
export interface GatewayServer {
  /** Resolves with the port once it listens; port 0 takes a free one. */
  listen(port: number, host: string): Promise<number>;
  /** Serves new connections with another certificate; running ones go on. */
  setCertificate(certificate: KeyPair): void;
  /** Listening and not closing. */
  isReady(): boolean;
  /** Takes no new connection, answers what is in flight, then ends. */
  close(): Promise<void>;
}

/** A job's whole trace is 1 MB by its budget; a sensor sends parts of it. */
const TRACES_LIMIT = 4 * 1024 * 1024;
const HELLO_LIMIT = 8 * 1024;
const FINDINGS_LIMIT = 128 * 1024;
/** Findings have room and a share of their own: neither a tracing back end that is slow nor a pod's many spans hold an alert up. */
const FINDINGS_LIMITS = { requests: 64, bytes: 4 * 1024 * 1024, bytesPerSecond: 128 * 1024 };

/** Makes the server; it serves nothing before `listen`. */
export function createGatewayServer(options: GatewayServerOptions): GatewayServer {
  const { certificate, timeouts, limits = DEFAULT_LIMITS } = options;
  const app = createApp(certificate, { ...limits, timeouts });
  const context: Context = {
    ...options,
    metrics: createGatewayMetrics(options.registry),
    authenticate: createAuthenticator(options),
    admission: createAdmission(options.clock, limits),
    logRefusal: createRefusalLog(options.log, options.clock),
  };
  app.setErrorHandler((error, _request, reply) => refuse(error, reply, context));
  app.addHook('onRequest', async (request, reply) => count(request, reply, context.metrics));
  app.post('/v1/traces', { bodyLimit: TRACES_LIMIT, onRequest: admit(context, TRACES_LIMIT) }, (request) =>
    passOn(request, context),
  );
  app.post('/v1/hello', { bodyLimit: HELLO_LIMIT, onRequest: admit(context, HELLO_LIMIT) }, (request) =>
    takeHello(request, context),
  );
  const admission = createAdmission(options.clock, options.findingsLimits ?? { ...limits, ...FINDINGS_LIMITS });
  const forFindings = admit({ ...context, admission }, FINDINGS_LIMIT);
  app.post('/v1/findings', { bodyLimit: FINDINGS_LIMIT, onRequest: forFindings }, (request) =>
    takeFindings(request, context),
  );
  app.post('/v1/last-words', { bodyLimit: FINDINGS_LIMIT, onRequest: forFindings }, (request) =>
    takeLastWords(request, context),
  );
  let listening = false;
  app.addHook('onSend', async (_request, reply) => {
    // Else a connection that stays open holds the end of the server up until it has been idle for long.
    if (!listening) reply.header('connection', 'close');
  });
  return {
    async listen(port, host) {
      const address = await app.listen({ port, host });
      listening = true;
      return Number(new URL(address).port);
    },
    setCertificate: (certificate) => app.server.setSecureContext(serverTls(certificate)),
    isReady: () => listening,
    async close() {
      listening = false;
      await closeGracefully(app, options.clock);
    },
  };
}

interface Context extends GatewayServerOptions {
  metrics: GatewayMetrics;
  authenticate: Authenticator;
  admission: Admission;
  logRefusal: (refusal: GatewayRefusal) => void;
}

function count(request: FastifyRequest, reply: FastifyReply, metrics: GatewayMetrics): void {
  metrics.begin();
  // `close` comes for every request, also when the client went away; 499 is what web servers log for that.
  reply.raw.once('close', () => {
    metrics.end(request.routeOptions.url ?? 'unknown', reply.raw.writableFinished ? reply.statusCode : 499);
  });
}

/** Before a byte of the body is read: room for it, who sends it, and whether that pod has a share left. */
function admit({ admission, authenticate }: Context, limit: number) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const bytes = expectedBytes(request, limit);
    reply.raw.once('close', admission.enter(bytes));
    const pod = await authenticate(request.headers.authorization, request.ip);
    const leave = admission.enterPod(pod, bytes);
    if (reply.raw.destroyed) leave();
    else reply.raw.once('close', leave);
    pods.set(request, pod);
  };
}

/** Which pod sent a request, between its hook and its handler. */
const pods = new WeakMap<FastifyRequest, PodIdentity>();

function expectedBytes({ headers }: FastifyRequest, limit: number): number {
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') {
    throw new GatewayRefusal('encoding-unknown', 'send the body without a content-encoding', { status: 415 });
  }
  // Without a length the body may come to the limit. An overlong one is refused before its bytes come.
  const length = Number(headers['content-length'] ?? limit);
  if (length > limit) {
    throw new GatewayRefusal('body-too-large', `a body may have ${limit} bytes; send less at once`, { status: 413 });
  }
  return length;
}

async function passOn(request: FastifyRequest, { backend, metrics }: Context): Promise<unknown> {
  const { body, spans } = stampTraces(bodyOf(request), podOf(request));
  if (spans === 0) return {};
  const stop = metrics.timeBackend();
  const answer = await backend.send(body).finally(stop);
  metrics.passed(spans, Buffer.byteLength(body));
  return answer;
}

async function takeHello(request: FastifyRequest, { writeSensorStatus, clock }: Context): Promise<unknown> {
  const status = sensorStatus(bodyOf(request), clock.now());
  await writeSensorStatus(podOf(request), status);
  return {};
}

/** Some that are malformed are told of as OTLP tells of spans; the others are taken. */
async function takeFindings(request: FastifyRequest, context: Context): Promise<unknown> {
  const { findings, rejected } = readFindings(bodyOf(request));
  await context.takeFindings(podOf(request), findings);
  if (rejected === 0) return {};
  context.metrics.refused('finding-malformed');
  return { partialSuccess: { rejectedFindings: rejected, errorMessage: 'these have not the form of a finding' } };
}

/** Of a pod whose sensor cannot speak any more, by the operator. */
async function takeLastWords(request: FastifyRequest, context: Context): Promise<unknown> {
  const { pod, findings } = readLastWords(bodyOf(request), podOf(request), context.namespace);
  await context.takeFindings(pod, findings);
  return {};
}

function bodyOf({ body }: FastifyRequest): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

function podOf(request: FastifyRequest): PodIdentity {
  const pod = pods.get(request);
  if (pod === undefined) throw new GatewayRefusal('unauthorized', 'the request was not authenticated', { status: 401 });
  return pod;
}

/** Answers in the form of OTLP/HTTP failures: a `google.rpc.Status` with a message. */
function refuse(error: unknown, reply: FastifyReply, { metrics, logRefusal }: Context): FastifyReply {
  const refusal = asRefusal(error);
  metrics.refused(refusal.code);
  if (refusal.status >= 500) logRefusal(refusal);
  if (refusal.retryAfterSeconds !== null) reply.header('retry-after', String(refusal.retryAfterSeconds));
  return reply.code(refusal.status).send({ code: refusal.status, message: refusal.message });
}

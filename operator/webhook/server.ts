import type { Server } from 'node:https';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { ChaperoneError, describeError } from '../../crds/errors.ts';
import type { KeyPair } from '../certificates/authority.ts';
import { closeGracefully, serverTls } from '../certificates/server-tls.ts';
import { type Clock, sleep } from '../runtime/clock.ts';
import { boundBodies } from './bound-bodies.ts';
import type { Verdict } from './decide.ts';
import { createWebhookMetrics, type WebhookMetrics } from './metrics.ts';
import { answersWithOwnCertificate } from './probe.ts';
import { answerReview } from './respond.ts';
import { type AdmissionRequest, readReview } from './review.ts';

/** The path in the chart's MutatingWebhookConfiguration. */
const WEBHOOK_PATH = '/mutate/pods';

export interface WebhookServerOptions {
  certificate: KeyPair;
  /** Must not wait: it decides from what is cached. */
  decide: (request: AdmissionRequest) => Verdict;
  registry: Registry;
  log: Logger;
  clock: Clock;
  /** How long a stop goes on serving, so that the Service's endpoints forget this replica first; milliseconds. */
  drainMs: number;
}

/** The admission webhook over TLS. */
export interface WebhookServer {
  /** Resolves with the port once it listens; port 0 takes a free one. */
  listen(port: number, host: string): Promise<number>;
  /** Serves new connections with another certificate; running ones go on. */
  setCertificate(certificate: KeyPair): void;
  /** Whether it listens, is not stopping, and its own port answers with its current certificate. */
  isReady(): Promise<boolean>;
  /** Not ready at once, still serving while endpoints drain, then finishes what is in flight. */
  close(): Promise<void>;
}

/** The API server's limit for an object is 3 MiB; a review wraps one and its options. */
const BODY_LIMIT = 8 * 1024 * 1024;
/** Within the chart's 384 MiB: a body is held as text and as what it says. */
const ALL_BODIES_LIMIT = 64 * 1024 * 1024;
/** Below the 5 s of `timeoutSeconds` in the chart, so that the API server hears why. */
const HANDLER_TIMEOUT = 4_000;
/** A connection that says nothing only holds our memory; every pod of the cluster can open one. The API server has one for each request in flight. */
const SILENCE_TIMEOUT = 2_000;
const MAX_CONNECTIONS = 4096;
/** The API server keeps idle connections for 90 s; whoever closes first must be it, or requests are lost. */
const KEEP_ALIVE_TIMEOUT = 120_000;

/** Makes the server; it serves nothing before `listen`. */
export function createWebhookServer(options: WebhookServerOptions): WebhookServer {
  const app = createApp(options);
  let certificate = options.certificate;
  let port: number | null = null;
  let stopping = false;
  app.addHook('onSend', async (_request, reply) => {
    if (stopping) reply.header('connection', 'close');
  });
  return {
    async listen(wanted, host) {
      const address = await app.listen({ port: wanted, host });
      port = Number(new URL(address).port);
      return port;
    },
    setCertificate(next) {
      certificate = next;
      app.server.setSecureContext(serverTls(next));
    },
    isReady: async () => port !== null && !stopping && (await answersWithOwnCertificate(port, certificate.certificate)),
    async close() {
      stopping = true;
      if (port !== null) await sleep(options.clock, options.drainMs);
      port = null;
      await closeGracefully(app, options.clock);
    },
  };
}

function createApp(options: WebhookServerOptions): FastifyInstance<Server> {
  const metrics = createWebhookMetrics(options.registry, WEBHOOK_PATH);
  const app = fastify({
    https: {
      ...serverTls(options.certificate),
      handshakeTimeout: SILENCE_TIMEOUT,
      headersTimeout: SILENCE_TIMEOUT,
      // How often Node.js looks for connections that are past their time.
      connectionsCheckingInterval: SILENCE_TIMEOUT / 4,
    },
    bodyLimit: BODY_LIMIT,
    handlerTimeout: HANDLER_TIMEOUT,
    requestTimeout: HANDLER_TIMEOUT,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
    forceCloseConnections: 'idle',
    // While it closes, a review that still comes is answered, not turned away: an answer of 503 could fail a pod.
    return503OnClosing: false,
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  countRequests(app, metrics);
  boundBodies(app, { body: BODY_LIMIT, all: ALL_BODIES_LIMIT });
  app.setErrorHandler((error, request, reply) =>
    // Who is gone hears no answer, and is no fault of ours.
    request.raw.socket.destroyed ? reply.hijack() : refuseRequest(error, reply, options.log),
  );
  app.post(WEBHOOK_PATH, async (request, reply) => review(request, reply, { ...options, metrics }));
  return app;
}

function countRequests(app: FastifyInstance<Server>, metrics: WebhookMetrics): void {
  app.addHook('onRequest', async (_request, reply) => {
    const end = metrics.begin();
    // `close` comes for every request, also when the client went away; 499 is what web servers log for that.
    reply.raw.once('close', () => end(reply.raw.writableFinished ? reply.statusCode : 499));
  });
}

interface ReviewContext {
  decide: (request: AdmissionRequest) => Verdict;
  metrics: WebhookMetrics;
  log: Logger;
}

function review(request: FastifyRequest, reply: FastifyReply, { decide, metrics, log }: ReviewContext): FastifyReply {
  const read = readReview(request.body);
  const verdict = decide(read);
  metrics.verdict(verdict.verdict, 'reason' in verdict ? verdict.reason : '');
  if (verdict.verdict === 'unavailable') return reply.code(503).send({ message: verdict.message });
  if (verdict.verdict === 'refuse') {
    const { reason, code, message } = verdict;
    log.info({ namespace: read.namespace, reason, code, dryRun: read.dryRun }, `pod refused: ${message}`);
  }
  return reply.send(answerReview(read.uid, verdict));
}

/** Anything but a verdict is an HTTP error, which the API server treats as a webhook that failed: the entry's failurePolicy decides. */
function refuseRequest(error: unknown, reply: FastifyReply, log: Logger): FastifyReply {
  const status = statusOf(error);
  if (status >= 500) log.error({ err: error }, 'the webhook could not decide');
  return reply.code(status).send({ message: describeError(error) });
}

function statusOf(error: unknown): number {
  if (error instanceof ChaperoneError) return error.code === 'admission-review-malformed' ? 400 : 500;
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' && status >= 400 ? status : 500;
}

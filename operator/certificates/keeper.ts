import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { describeError } from '../../crds/errors.ts';
import type { KubeClient } from '../kube/client.ts';
import { type Clock, sleep } from '../runtime/clock.ts';
import { ensureAuthorities } from './authorities.ts';
import type { KeyPair } from './authority.ts';
import { ensureGatewayCertificate, renewLeaf, serviceNames } from './gateway-certificate.ts';
import { ensureSigningKey, type SigningKey } from './signing-key.ts';

/** All that one replica of the operator serves and signs with. */
export interface Credentials {
  /** PEM certificates that verify the webhook and the gateway: `caBundle`, and CHAPERONE_GATEWAY_CA of injected pods. */
  bundle: string;
  /** This replica's own server certificate; it never leaves the process. */
  webhook: KeyPair;
  signing: SigningKey;
}

export interface CertificateKeeperOptions {
  client: KubeClient;
  clock: Clock;
  log: Logger;
  /** The operator's own namespace. */
  namespace: string;
  /** Service names, as in the chart: `chaperone-webhook`, `chaperone-gateway`. */
  services: { webhook: string; gateway: string };
}

/** Keeps the Secrets `chaperone-ca`, `chaperone-gateway-tls` and `chaperone-signing-key`, and this replica's own certificate. */
export interface CertificateKeeper {
  /** Resolves with the first credentials, however long the API server takes; rejects when the signal aborts first. */
  start(signal: AbortSignal): Promise<Credentials>;
  /** The credentials of the last round; undefined before `start` has resolved. */
  current(): Credentials | undefined;
  /** Calls back after every change. Returns a function that ends it. */
  onChange(handler: (credentials: Credentials) => void): () => void;
  stop(): Promise<void>;
}

/** Short enough that a changed Secret or a machine that slept is noticed soon; certificates themselves are renewed days ahead. */
const ROUND_INTERVAL = 30_000;
const RETRY_INTERVAL = 1_000;

/** Makes a keeper that looks after the certificates until it is stopped. */
export function createCertificateKeeper(options: CertificateKeeperOptions): CertificateKeeper {
  const { clock, log } = options;
  const stopping = new AbortController();
  const handlers = new Set<(credentials: Credentials) => void>();
  let credentials: Credentials | undefined;
  let loop: Promise<void> = Promise.resolve();

  async function attempt(): Promise<void> {
    try {
      const next = await round(options, credentials);
      if (isDeepStrictEqual(next, credentials)) return;
      credentials = next;
      for (const handler of handlers) handler(next);
    } catch (error) {
      log.error({ err: error }, `certificates could not be kept: ${describeError(error)}`);
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(clock, credentials === undefined ? RETRY_INTERVAL : ROUND_INTERVAL, signal);
      if (!signal.aborted) await attempt();
    }
  }

  return {
    async start(signal) {
      const either = AbortSignal.any([signal, stopping.signal]);
      const first = firstOf(handlers, either);
      await attempt();
      loop = run(stopping.signal);
      return credentials ?? first;
    },
    current: () => credentials,
    onChange(handler) {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    async stop() {
      stopping.abort();
      await loop;
    },
  };
}

function firstOf(handlers: Set<(credentials: Credentials) => void>, signal: AbortSignal): Promise<Credentials> {
  const { promise, resolve, reject } = Promise.withResolvers<Credentials>();
  const abort = (): void => reject(signal.reason);
  const handler = (credentials: Credentials): void => {
    handlers.delete(handler);
    signal.removeEventListener('abort', abort);
    resolve(credentials);
  };
  handlers.add(handler);
  signal.addEventListener('abort', abort, { once: true });
  promise.catch(() => handlers.delete(handler));
  return promise;
}

async function round(options: CertificateKeeperOptions, before: Credentials | undefined): Promise<Credentials> {
  const { client, clock, namespace, services } = options;
  const place = (name: string) => ({ client, namespace, name });
  const authorities = await ensureAuthorities(place('chaperone-ca'), clock);
  const signing = await ensureSigningKey(place('chaperone-signing-key'));
  const gatewayNames = serviceNames(services.gateway, namespace);
  await ensureGatewayCertificate(place('chaperone-gateway-tls'), clock, { authorities, dnsNames: gatewayNames });
  const webhookNames = serviceNames(services.webhook, namespace);
  const webhook = await renewLeaf(before?.webhook ?? null, { authorities, dnsNames: webhookNames }, clock);
  return { bundle: authorities.bundle, webhook, signing };
}

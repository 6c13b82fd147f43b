import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { gatewayAudience } from '../../crds/names.ts';
import { type AlertsConfig, createAlerting } from '../alerts/assemble.ts';
import type { KeyPair } from '../certificates/authority.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Transport } from '../kube/transport.ts';
import type { Clock } from '../runtime/clock.ts';
import { createBackend } from './backend.ts';
import { watchCertificate } from './certificate-source.ts';
import { headersFromFile } from './headers-file.ts';
import { createGatewayServer, type GatewayServer } from './server.ts';
import { writeSensorStatus } from './write-sensor-status.ts';

export interface GatewayOptions {
  client: KubeClient;
  clock: Clock;
  log: Logger;
  registry: Registry;
  /** The gateway's own namespace, with the Secret of its certificate. */
  namespace: string;
  port: number;
  host: string;
  /** Base address of the tracing back end's OTLP/HTTP receiver. */
  otlpEndpoint: string;
  /** A file with the back end's headers, in the form of OTEL_EXPORTER_OTLP_HEADERS. */
  otlpHeadersFile?: string | undefined;
  /** For the watch of AgentPolicies. */
  transport: Transport;
  /** Between 0 and 1. */
  random: () => number;
  /** The name of this replica. */
  instance: string;
  alerts: AlertsConfig;
}

/** The running gateway. */
export interface Gateway {
  /** Resolves when it serves: as soon as the operator has made its certificate. */
  start(): Promise<void>;
  isReady(): boolean;
  /** Answers what is in flight, then ends. */
  stop(): Promise<void>;
}

/** Puts the gateway together; nothing runs before `start`. */
export function createGateway(options: GatewayOptions): Gateway {
  const { client, clock, log, namespace } = options;
  const backend = createBackend({
    endpoint: options.otlpEndpoint,
    headers: headersFromFile(options.otlpHeadersFile),
    clock,
  });
  const alerting = createAlerting({ ...options, config: options.alerts });
  const stopping = new AbortController();
  const place = { client, namespace, name: 'chaperone-gateway-tls' };
  const certificates = watchCertificate({ place, clock, log }, stopping.signal);
  let server: GatewayServer | null = null;
  let following: Promise<void> = Promise.resolve();

  function serve(certificate: KeyPair): GatewayServer {
    return createGatewayServer({
      ...options,
      certificate,
      backend,
      reviewToken: (token) => client.tokenReview(token, [gatewayAudience]),
      writeSensorStatus: (pod, status) => writeSensorStatus(client, pod, status),
      takeFindings: alerting.take,
    });
  }

  return {
    async start() {
      const [first] = await Promise.all([certificates.next(), alerting.start()]);
      if (first.done === true) return;
      server = serve(first.value);
      await server.listen(options.port, options.host);
      following = follow(certificates, server, log);
    },
    isReady: () => server?.isReady() ?? false,
    async stop() {
      stopping.abort();
      await server?.close();
      await alerting.stop();
      await following;
      await backend.close();
    },
  };
}

async function follow(certificates: AsyncGenerator<KeyPair>, server: GatewayServer, log: Logger): Promise<void> {
  for await (const certificate of certificates) {
    server.setCertificate(certificate);
    log.info("the gateway's certificate was renewed");
  }
}

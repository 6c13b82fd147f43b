import { networkInterfaces } from 'node:os';
import type { Logger } from 'pino';
import type { CommonConfig } from '../config.ts';
import { createClient, type KubeClient } from '../kube/client.ts';
import { connectByKubeConfig, loadKubeConfig } from '../kube/connection.ts';
import { createTransport, type Transport } from '../kube/transport.ts';
import type { Clock } from '../runtime/clock.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';

/** What the process gives to a command. */
export interface ProcessContext {
  clock: Clock;
  /** Between 0 and 1. */
  random: () => number;
  log: Logger;
  /** Aborts when the process is asked to end. */
  signal: AbortSignal;
}

/** What every command works with. */
export interface Environment extends ProcessContext {
  metrics: Metrics;
  transport: Transport;
  client: KubeClient;
}

/** Makes the connection to the API server. Nothing is sent yet. @throws ChaperoneError when there is no usable kubeconfig */
export function openEnvironment(config: CommonConfig, context: ProcessContext): Environment {
  const { clock, random } = context;
  const metrics = createMetrics();
  const connection = connectByKubeConfig(() => loadKubeConfig(config.kubeconfig), clock);
  const transport = createTransport({ connection, clock, random, observe: metrics.observeRequest });
  return { ...context, metrics, transport, client: createClient(transport) };
}

/** The address to listen on: every one, in both families where the machine has IPv6. */
export function everyAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((known) => known ?? []);
  return addresses.some(({ family }) => family === 'IPv6') ? '::' : '0.0.0.0';
}

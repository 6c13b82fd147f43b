import type { GatewayConfig } from '../config.ts';
import { createGateway } from '../gateway/gateway.ts';
import { createManager } from '../runtime/manager.ts';
import { createHealthServer } from '../telemetry/health.ts';
import { everyAddress, openEnvironment, type ProcessContext } from './environment.ts';
import { runManager } from './run-manager.ts';

/** Runs the gateway until it is asked to end. */
export async function runGateway(config: GatewayConfig, context: ProcessContext): Promise<void> {
  const { client, clock, log, metrics, random, transport } = openEnvironment(config, context);
  const gateway = createGateway({
    client,
    clock,
    log,
    registry: metrics.registry,
    namespace: config.namespace,
    port: config.port,
    host: everyAddress(),
    otlpEndpoint: config.otlpEndpoint,
    otlpHeadersFile: config.otlpHeadersFile,
    transport,
    random,
    instance: config.podName,
    alerts: config.alerts,
  });
  const health = createHealthServer({
    port: config.httpPort,
    host: everyAddress(),
    registry: metrics.registry,
    checks: [{ name: 'gateway', isReady: () => gateway.isReady() }],
  });
  const parts = [health, { name: 'gateway', start: () => gateway.start(), stop: () => gateway.stop() }];
  try {
    await runManager(createManager({ clock, log, parts, leading: [] }), log, context.signal);
  } finally {
    await transport.close();
  }
}

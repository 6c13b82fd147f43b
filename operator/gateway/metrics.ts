import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export interface GatewayMetrics {
  begin(): void;
  end(path: string, status: number): void;
  refused(reason: string): void;
  passed(spans: number, bytes: number): void;
  /** Times a call of the back end; the returned function ends it. */
  timeBackend(): () => void;
}

const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Registers the metrics; once per registry. */
export function createGatewayMetrics(registry: Registry): GatewayMetrics {
  const registers = [registry];
  const counter = (name: string, help: string, ...labelNames: string[]) =>
    new Counter({ name: `chaperone_gateway_${name}`, help, labelNames, registers });
  const requests = counter('requests_total', 'Requests of sensors by path and HTTP status.', 'path', 'code');
  const refusals = counter('refusals_total', 'Requests that were not taken, by reason.', 'reason');
  const spans = counter('spans_total', 'Spans that the tracing back end has taken.');
  const bytes = counter('bytes_total', 'Bytes of span requests that the tracing back end has taken.');
  const inFlight = new Gauge({
    name: 'chaperone_gateway_requests_in_flight',
    help: 'Requests being served.',
    registers,
  });
  const backend = new Histogram({
    name: 'chaperone_gateway_backend_seconds',
    help: 'How long the tracing back end takes to answer.',
    buckets: LATENCY_BUCKETS,
    registers,
  });
  return {
    begin: () => inFlight.inc(),
    end(path, status) {
      inFlight.dec();
      requests.inc({ path, code: String(status) });
    },
    refused: (reason) => refusals.inc({ reason }),
    passed(count, size) {
      spans.inc(count);
      bytes.inc(size);
    },
    timeBackend: () => backend.startTimer(),
  };
}

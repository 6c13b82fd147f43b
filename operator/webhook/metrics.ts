import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** The webhook's metrics under controller-runtime's names, so that its dashboards and alerts work, and our verdicts. */
export interface WebhookMetrics {
  /** Counts a request as begun; the returned function ends it with the HTTP status. */
  begin(): (status: number) => void;
  verdict(verdict: string, reason: string): void;
}

/** Seconds. controller-runtime has its own defaults from 1 ms on; ours see a verdict of a fraction of that. */
const LATENCY_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Registers the metrics; once per registry. */
export function createWebhookMetrics(registry: Registry, webhook: string): WebhookMetrics {
  const registers = [registry];
  const latency = new Histogram({
    name: 'controller_runtime_webhook_latency_seconds',
    help: 'Latency of admission requests.',
    labelNames: ['webhook'],
    buckets: LATENCY_BUCKETS,
    registers,
  });
  const total = new Counter({
    name: 'controller_runtime_webhook_requests_total',
    help: 'Admission requests by HTTP status.',
    labelNames: ['webhook', 'code'],
    registers,
  });
  const inFlight = new Gauge({
    name: 'controller_runtime_webhook_requests_in_flight',
    help: 'Admission requests being served.',
    labelNames: ['webhook'],
    registers,
  });
  const verdicts = new Counter({
    name: 'chaperone_webhook_verdicts_total',
    help: 'Pods by what was decided about them: inject, skip, refuse or unavailable, and why.',
    labelNames: ['verdict', 'reason'],
    registers,
  });
  inFlight.set({ webhook }, 0);
  return {
    begin() {
      inFlight.inc({ webhook });
      const observe = latency.startTimer({ webhook });
      return (status) => {
        observe();
        inFlight.dec({ webhook });
        total.inc({ webhook, code: String(status) });
      };
    },
    verdict: (verdict, reason) => verdicts.inc({ verdict, reason }),
  };
}

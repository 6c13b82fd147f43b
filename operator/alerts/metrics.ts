import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { type Finding, type Severity, severities } from '../../crds/finding.ts';
import { findingRules } from '../../crds/finding-rules.ts';

const eventResults = ['written', 'known', 'failed', 'late', 'suppressed'] as const;
const statusResults = ['written', 'retried', 'failed'] as const;
const deliveryResults = ['sent', 'retried', 'dead'] as const;

export type EventResult = (typeof eventResults)[number];
/** `retried`: one try has failed and another one follows. `dead`: it never arrives. */
export type DeliveryResult = (typeof deliveryResults)[number];

export interface FindingMetrics {
  received(finding: Finding): void;
  told(severity: Severity): void;
  known(count: number): void;
  suppressed(severity: Severity): void;
  event(result: EventResult): void;
  status(result: (typeof statusResults)[number]): void;
  alert(sink: string, result: DeliveryResult): void;
  waiting(sink: string, count: number): void;
  /** From the time of the finding to the sink's answer. */
  delivered(seconds: number): void;
  /** Begins the figures of a sink with 0. */
  begin(sink: string): void;
  /** Takes the figures of a sink that is no more. */
  forget(sink: string): void;
}

/** The goal is two seconds; a sink that was away shows in the last ones. */
const SECONDS = [0.1, 0.25, 0.5, 1, 1.5, 2, 3, 5, 10, 30, 60, 300, 900, 3600];
/** What a sensor calls its rule may be of a newer release, or nothing that anybody wrote: whoever makes names up makes no series with them. */
const rules: ReadonlySet<string> = new Set(findingRules);

/** Registers the metrics; once per registry. A series that begins with 1 has not increased for Prometheus, so all begin with 0. */
export function createFindingMetrics(registry: Registry): FindingMetrics {
  return { ...receivedMetrics(registry), ...toldMetrics(registry), ...sinkMetrics(registry) };
}

function receivedMetrics(registry: Registry): Pick<FindingMetrics, 'received' | 'known' | 'suppressed' | 'told'> {
  const received = counter(
    registry,
    'findings_total',
    'Findings of sensors, those sent again too.',
    'rule',
    'severity',
  );
  const known = counter(registry, 'findings_known_total', 'Findings that were told before, often with a newer count.');
  const suppressed = counter(
    registry,
    'findings_suppressed_total',
    'Findings beyond the budget of their pod.',
    'severity',
  );
  const told = counter(registry, 'findings_told_total', 'Findings that people were told of, each once.', 'severity');
  for (const severity of severities) for (const one of [told, suppressed]) one.inc({ severity }, 0);
  return {
    received({ rule, severity }) {
      received.inc({ rule: rules.has(rule) ? rule : 'other', severity });
    },
    known: (count) => known.inc(count),
    suppressed: (severity) => suppressed.inc({ severity }),
    told: (severity) => told.inc({ severity }),
  };
}

function toldMetrics(registry: Registry): Pick<FindingMetrics, 'event' | 'status'> {
  const events = counter(
    registry,
    'finding_events_total',
    'Kubernetes Events about findings by what became of them.',
    'result',
  );
  const status = counter(
    registry,
    'finding_status_writes_total',
    'Writes of AgentPolicy status.findings by result.',
    'result',
  );
  for (const result of eventResults) events.inc({ result }, 0);
  for (const result of statusResults) status.inc({ result }, 0);
  return { event: (result) => events.inc({ result }), status: (result) => status.inc({ result }) };
}

function sinkMetrics(registry: Registry): Pick<FindingMetrics, 'alert' | 'waiting' | 'delivered' | 'begin' | 'forget'> {
  const alerts = counter(registry, 'alerts_total', 'Tries to deliver an alert, by sink and result.', 'sink', 'result');
  const waiting = new Gauge({
    name: 'chaperone_gateway_alerts_waiting',
    help: 'Alerts that wait for their sink.',
    labelNames: ['sink'],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: 'chaperone_gateway_alert_seconds',
    help: "From the time of a finding to the sink's answer.",
    buckets: SECONDS,
    registers: [registry],
  });
  return {
    alert: (sink, result) => alerts.inc({ sink, result }),
    waiting: (sink, count) => waiting.set({ sink }, count),
    delivered: (value) => seconds.observe(Math.max(0, value)),
    begin(sink) {
      waiting.set({ sink }, 0);
      for (const result of deliveryResults) alerts.inc({ sink, result }, 0);
    },
    forget(sink) {
      waiting.remove({ sink });
      for (const result of deliveryResults) alerts.remove({ sink, result });
    },
  };
}

function counter(registry: Registry, name: string, help: string, ...labelNames: string[]): Counter<string> {
  return new Counter({ name: `chaperone_gateway_${name}`, help, labelNames, registers: [registry] });
}

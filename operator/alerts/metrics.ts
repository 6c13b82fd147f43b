import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Finding, Severity } from '../../crds/finding.ts';

export type EventResult = 'written' | 'known' | 'failed' | 'late' | 'suppressed';
/** `retried`: one try has failed and another one follows. `dead`: it never arrives. */
export type DeliveryResult = 'sent' | 'retried' | 'dead';

export interface FindingMetrics {
  received(finding: Finding): void;
  rejected(count: number): void;
  known(count: number): void;
  suppressed(severity: Severity): void;
  event(result: EventResult): void;
  status(result: 'written' | 'retried' | 'failed'): void;
  alert(sink: string, result: DeliveryResult): void;
  waiting(sink: string, count: number): void;
  /** From the time of the finding to the sink's answer. */
  delivered(seconds: number): void;
  /** Takes the figures of a sink that is no more. */
  forget(sink: string): void;
}

/** The goal is two seconds; a sink that was away shows in the last ones. */
const SECONDS = [0.1, 0.25, 0.5, 1, 1.5, 2, 3, 5, 10, 30, 60, 300, 900, 3600];
/** Rules come from sensors, of which some may be newer than we are; more names than these are none of ours. */
const MAX_RULES = 64;

/** Registers the metrics; once per registry. */
export function createFindingMetrics(registry: Registry): FindingMetrics {
  const registers = [registry];
  const counter = (name: string, help: string, ...labelNames: string[]) =>
    new Counter({ name: `chaperone_gateway_${name}`, help, labelNames, registers });
  const received = counter('findings_total', 'Findings of sensors, those sent again included.', 'rule', 'severity');
  const rejected = counter('findings_rejected_total', 'Findings without the form of one.');
  const known = counter(
    'findings_known_total',
    'Findings that were told before: the same again, often with a newer count.',
  );
  const suppressed = counter('findings_suppressed_total', 'Findings beyond the budget of their pod.', 'severity');
  const events = counter('finding_events_total', 'Kubernetes Events about findings by what became of them.', 'result');
  const status = counter('finding_status_writes_total', 'Writes of AgentPolicy status.findings by result.', 'result');
  const alerts = counter('alerts_total', 'Tries to deliver an alert, by sink and result.', 'sink', 'result');
  const labelNames = ['sink'];
  const waiting = new Gauge({
    name: 'chaperone_gateway_alerts_waiting',
    help: 'Alerts that wait for their sink.',
    labelNames,
    registers,
  });
  const seconds = new Histogram({
    name: 'chaperone_gateway_alert_seconds',
    help: "From the time of a finding to the sink's answer.",
    buckets: SECONDS,
    registers,
  });
  const rules = new Set<string>();
  return {
    received({ rule, severity }) {
      if (rules.size < MAX_RULES) rules.add(rule);
      received.inc({ rule: rules.has(rule) ? rule : 'other', severity });
    },
    rejected: (count) => rejected.inc(count),
    known: (count) => known.inc(count),
    suppressed: (severity) => suppressed.inc({ severity }),
    event: (result) => events.inc({ result }),
    status: (result) => status.inc({ result }),
    alert: (sink, result) => alerts.inc({ sink, result }),
    waiting: (sink, count) => waiting.set({ sink }, count),
    delivered: (value) => seconds.observe(Math.max(0, value)),
    forget(sink) {
      waiting.remove({ sink });
      for (const result of ['sent', 'retried', 'dead']) alerts.remove({ sink, result });
    },
  };
}

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { RequestRecord } from '../kube/transport.ts';
import type { ControllerObserver } from '../runtime/controller.ts';
import type { Trace } from './tracing.ts';

/** controller-runtime's buckets of `controller_runtime_reconcile_time_seconds`, thinned out. */
const RECONCILE_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** client-go's buckets of `workqueue_queue_duration_seconds`. */
const QUEUE_BUCKETS = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000];
const REQUEST_BUCKETS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];

/** The process's metrics, under controller-runtime's names so that its dashboards and alerts work. */
export interface Metrics {
  readonly registry: Registry;
  observeRequest(record: RequestRecord): void;
  observeLeadership(lease: string, isLeader: boolean): void;
  /** By namespace: 1 where a dry run of a pod with a sensor was admitted, else 0. */
  readonly sensorAdmitted: Gauge<'namespace'>;
  /** The observer of one controller, whose reconciliations become spans by `trace`. */
  controller(name: string, trace: Trace): ControllerObserver;
}

/** Makes a registry with all metrics of a process. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const rest = restMetrics(registry);
  const queue = queueMetrics(registry);
  const reconcile = reconcileMetrics(registry);
  const leadership = gauge(registry, 'leader_election_master_status', 'Whether this replica holds the lease.', 'name');
  return {
    registry,
    observeRequest({ method, host, code, seconds }) {
      rest.total.inc({ code, method, host });
      rest.duration.observe({ verb: method, host }, seconds);
    },
    observeLeadership: (name, isLeader) => leadership.set({ name }, isLeader ? 1 : 0),
    sensorAdmitted: gauge(
      registry,
      'chaperone_namespace_sensor_admitted',
      'Whether a dry run of a pod with a sensor was admitted in the namespace.',
      'namespace',
    ),
    controller: (name, trace) => ({
      ...observeQueue(queue, name),
      ...observeReconciliations(reconcile, name),
      trace: (key, work) => trace(`reconcile ${name}`, { 'chaperone.controller': name, 'chaperone.key': key }, work),
    }),
  };
}

function restMetrics(registry: Registry) {
  return {
    total: counter(registry, 'rest_client_requests_total', 'Requests to the API server.', 'code', 'method', 'host'),
    duration: new Histogram({
      name: 'rest_client_request_duration_seconds',
      help: 'Time until the API server answered.',
      labelNames: ['verb', 'host'],
      buckets: REQUEST_BUCKETS,
      registers: [registry],
    }),
  };
}

function queueMetrics(registry: Registry) {
  const duration = (name: string, help: string): Histogram<string> =>
    new Histogram({ name, help, labelNames: ['name', 'controller'], buckets: QUEUE_BUCKETS, registers: [registry] });
  return {
    depth: gauge(registry, 'workqueue_depth', 'Keys that wait.', 'name', 'controller'),
    adds: counter(registry, 'workqueue_adds_total', 'Keys added.', 'name', 'controller'),
    retries: counter(registry, 'workqueue_retries_total', 'Keys added again after a failure.', 'name', 'controller'),
    waited: duration('workqueue_queue_duration_seconds', 'Time that a key waits.'),
    worked: duration('workqueue_work_duration_seconds', 'Time that a key is worked on.'),
  };
}

function observeQueue(queue: ReturnType<typeof queueMetrics>, name: string) {
  const labels = { name, controller: name };
  queue.depth.set(labels, 0);
  return {
    added: () => queue.adds.inc(labels),
    depth: (length: number) => queue.depth.set(labels, length),
    started: (seconds: number) => queue.waited.observe(labels, seconds),
    finished: (seconds: number) => queue.worked.observe(labels, seconds),
    retried: () => queue.retries.inc(labels),
  };
}

function reconcileMetrics(registry: Registry) {
  return {
    total: counter(
      registry,
      'controller_runtime_reconcile_total',
      'Reconciliations by result.',
      'controller',
      'result',
    ),
    errors: counter(
      registry,
      'controller_runtime_reconcile_errors_total',
      'Reconciliations that failed.',
      'controller',
    ),
    terminal: counter(
      registry,
      'controller_runtime_terminal_reconcile_errors_total',
      'Reconciliations that failed and are not tried again.',
      'controller',
    ),
    active: gauge(registry, 'controller_runtime_active_workers', 'Reconciliations in hand.', 'controller'),
    time: new Histogram({
      name: 'controller_runtime_reconcile_time_seconds',
      help: 'Time of a reconciliation.',
      labelNames: ['controller'],
      buckets: RECONCILE_BUCKETS,
      registers: [registry],
    }),
  };
}

function observeReconciliations(
  metrics: ReturnType<typeof reconcileMetrics>,
  controller: string,
): Pick<ControllerObserver, 'active' | 'reconciled' | 'terminalError'> {
  return {
    active: (workers) => metrics.active.set({ controller }, workers),
    terminalError: () => metrics.terminal.inc({ controller }),
    reconciled(outcome, seconds) {
      metrics.total.inc({ controller, result: outcome });
      if (outcome === 'error') metrics.errors.inc({ controller });
      metrics.time.observe({ controller }, seconds);
    },
  };
}

function counter(registry: Registry, name: string, help: string, ...labelNames: string[]): Counter<string> {
  return new Counter({ name, help, labelNames, registers: [registry] });
}

function gauge(registry: Registry, name: string, help: string, ...labelNames: string[]): Gauge<string> {
  return new Gauge({ name, help, labelNames, registers: [registry] });
}

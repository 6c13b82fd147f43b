import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Severity } from '../../crds/finding.ts';
import type { KubeClient } from '../kube/client.ts';
import { logHealed } from '../kube/log-healed.ts';
import type { Transport } from '../kube/transport.ts';
import { type Clock, within } from '../runtime/clock.ts';
import { createAlertedPolicies } from './alerted-policies.ts';
import { type Alerts, createAlerts } from './alerts.ts';
import { type ClusterSink, createClusterSink } from './cluster-sink.ts';
import { createFindingEvents } from './finding-events.ts';
import { createFindingMetrics } from './metrics.ts';
import { createPodReader } from './pod-facts.ts';
import { createPolicyCounts } from './policy-counts.ts';
import { createPolicySinks } from './policy-sinks.ts';
import { publicOr } from './sinks/guarded-lookup.ts';
import { createPolicyTargetReader } from './sinks/policy-secrets.ts';
import { createPoster } from './sinks/post.ts';

/** What the chart says of alerts. */
export interface AlertsConfig {
  /** Findings below it reach no sink of the cluster. */
  minSeverity: Severity;
  /** On every alert. */
  labels: Record<string, string>;
  sinks: readonly ClusterSink[];
  policySinks: PolicySinksConfig;
}

/** What sinks of policies may be. */
export interface PolicySinksConfig {
  enabled: boolean;
  /** Also take `http://` addresses. */
  allowHttp: boolean;
  /** Address blocks that are not public and may be connected to all the same. */
  allowedCidrs: readonly string[];
}

export interface AlertingOptions {
  client: KubeClient;
  transport: Transport;
  clock: Clock;
  random: () => number;
  log: Logger;
  registry: Registry;
  /** The name of this replica. */
  instance: string;
  config: AlertsConfig;
}

/** The gateway's part that tells people. */
export interface Alerting extends Alerts {
  /** Resolves once the policies are known, or after some seconds. */
  start(): Promise<void>;
  /** Tells and delivers what is in hand, within some seconds. */
  stop(): Promise<void>;
}

/** Spans do not wait for policies: where the list takes longer, such as before the AgentPolicy API is there, findings of that time count on no policy. */
const FIRST_LIST_MS = 5_000;
/** Twice this is below what the manager gives all parts to end: once for what is in hand, once for the sinks. */
const GRACE_MS = 8_000;

/** Puts the parts together; nothing runs before `start`. */
export function createAlerting(options: AlertingOptions): Alerting {
  const { client, clock, log, config } = options;
  const metrics = createFindingMetrics(options.registry);
  const now = () => clock.now();
  const poster = createPoster({ now });
  const policyPoster = createPoster({ now, mayConnect: publicOr(config.policySinks.allowedCidrs) });
  const events = createFindingEvents({ ...options, metrics });
  const policySinks = createPolicySinks({
    ...options,
    metrics,
    events,
    post: policyPoster.post,
    readTarget: createPolicyTargetReader(client, clock, config.policySinks),
    isEnabled: config.policySinks.enabled,
  });
  const policies = createAlertedPolicies({ ...options, onError: logHealed(log) }, policySinks);
  const { minSeverity } = config;
  const clusterSinks = config.sinks.map((sink) =>
    createClusterSink(sink, { ...options, minSeverity, metrics, post: poster.post }),
  );
  const counts = createPolicyCounts({ ...options, metrics });
  const alerts = createAlerts({
    readPod: createPodReader(client, clock),
    events,
    counts,
    policy: policies.get,
    clusterSinks,
    labels: config.labels,
    metrics,
    clock,
    log,
  });
  return {
    ...alerts,
    async start() {
      await Promise.all(clusterSinks.map((sink) => sink.check()));
      await within(clock, FIRST_LIST_MS, policies.start());
    },
    async stop() {
      await within(clock, GRACE_MS, alerts.settle());
      const sinks = [...clusterSinks.map(({ sink }) => sink), policySinks];
      await Promise.all([counts, ...sinks].map((part) => part.stop(GRACE_MS)));
      await policies.stop();
      await Promise.all([poster.close(), policyPoster.close()]);
    },
  };
}

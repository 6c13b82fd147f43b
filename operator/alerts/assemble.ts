import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Severity } from '../../crds/finding.ts';
import { logHealed } from '../commands/environment.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Transport } from '../kube/transport.ts';

import { type Clock, within } from '../runtime/clock.ts';
import { createAlertedPolicies } from './alerted-policies.ts';
import { type Alerted, type Alerts, createAlerts } from './alerts.ts';
import { createFindingEvents } from './finding-events.ts';
import { createFindingMetrics, type FindingMetrics } from './metrics.ts';
import { createPodReader } from './pod-facts.ts';
import { createPolicyCounts } from './policy-counts.ts';
import { createPolicySinks } from './policy-sinks.ts';
import { publicOr } from './sinks/guarded-lookup.ts';
import type { SinkKind } from './sinks/message.ts';
import { createPolicyTargetReader } from './sinks/policy-secrets.ts';
import { createPoster, type Post } from './sinks/post.ts';
import { readSecretFiles } from './sinks/secret-files.ts';
import { createSink } from './sinks/sink.ts';

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

/** A sink of the whole cluster; its Secret is mounted. */
export interface ClusterSink {
  name: string;
  kind: SinkKind;
  urlFile: string;
  signingKeyFile?: string | undefined;
  allowHttp: boolean;
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
/** Of each sink of the cluster: a sink that is away costs no more than some megabytes. */
const MAX_WAITING = 500;

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
  const clusterSinks = config.sinks.map((sink) => clusterSink(options, sink, { metrics, post: poster.post }));
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
    start: async () => void (await within(clock, FIRST_LIST_MS, policies.start())),
    async stop() {
      await within(clock, GRACE_MS, alerts.settle());
      const sinks = [...clusterSinks.map(({ sink }) => sink), policySinks];
      await Promise.all([counts, ...sinks].map((part) => part.stop(GRACE_MS)));
      await policies.stop();
      await Promise.all([poster.close(), policyPoster.close()]);
    },
  };
}

function clusterSink(
  { clock, random, log, config }: AlertingOptions,
  { name, ...files }: ClusterSink,
  { metrics, post }: { metrics: FindingMetrics; post: Post },
): Alerted {
  const full = `cluster/${name}`;
  const sink = createSink({
    name: full,
    capacity: MAX_WAITING,
    room: { waiting: 0, most: MAX_WAITING },
    readTarget: () => readSecretFiles(files),
    post,
    clock,
    random,
    log,
    metrics,
    onTrouble: (reason, why) => log.error({ sink: full, reason }, `alerts do not reach the sink: ${why}`),
  });
  return { sink, minSeverity: config.minSeverity };
}

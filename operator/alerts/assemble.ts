import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Severity } from '../../crds/finding.ts';
import type { KubeClient } from '../kube/client.ts';
import type { Transport } from '../kube/transport.ts';
import type { Clock } from '../runtime/clock.ts';
import { createAlertedPolicies } from './alerted-policies.ts';
import { type Alerted, type Alerts, createAlerts } from './alerts.ts';
import { createFindingEvents } from './finding-events.ts';
import { createFindingMetrics, type FindingMetrics } from './metrics.ts';
import { createPodReader } from './pod-facts.ts';
import { createPolicyCounts } from './policy-counts.ts';
import type { SinkKind } from './sinks/message.ts';
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
  /** Resolves once the policies are known. */
  start(): Promise<void>;
  /** Tells and delivers what is in hand, within some seconds. */
  stop(): Promise<void>;
}

/** Below what the manager gives all parts to end. */
const GRACE_MS = 8_000;

/** Puts the parts together; nothing runs before `start`. */
export function createAlerting(options: AlertingOptions): Alerting {
  const { client, clock, log, config } = options;
  const metrics = createFindingMetrics(options.registry);
  const policies = createAlertedPolicies({
    ...options,
    onError: (error) => log.warn({ err: error }, 'the watch of AgentPolicies was interrupted'),
  });
  const poster = createPoster({}, () => clock.now());
  const clusterSinks = config.sinks.map((sink) => clusterSink(options, sink, { metrics, post: poster.post }));
  const counts = createPolicyCounts({ ...options, metrics });
  const alerts = createAlerts({
    readPod: createPodReader(client, clock),
    events: createFindingEvents({ ...options, metrics }),
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
    start: policies.start,
    async stop() {
      await alerts.settle();
      await Promise.all([counts.stop(GRACE_MS), ...clusterSinks.map(({ sink }) => sink.stop(GRACE_MS))]);
      await policies.stop();
      await poster.close();
    },
  };
}

function clusterSink(
  { clock, random, log, config }: AlertingOptions,
  { name, kind, ...files }: ClusterSink,
  { metrics, post }: { metrics: FindingMetrics; post: Post },
): Alerted {
  const full = `cluster/${name}`;
  const sink = createSink({
    name: full,
    kind,
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

import type { Logger } from 'pino';
import type { Alert } from '../../crds/alert.ts';
import { describeError } from '../../crds/errors.ts';
import { type Finding, isAtLeast, type Severity, severities } from '../../crds/finding.ts';
import type { PodIdentity } from '../gateway/identity.ts';
import { GatewayRefusal } from '../gateway/refusal.ts';
import { type Clock, within } from '../runtime/clock.ts';
import type { FindingEvents, PolicyName } from './finding-events.ts';
import { createIntake } from './intake.ts';
import { makeAlert } from './make-alert.ts';
import type { FindingMetrics } from './metrics.ts';
import type { KnownPod, PodReader } from './pod-facts.ts';
import type { PolicyCounts } from './policy-counts.ts';
import type { Sink } from './sinks/sink.ts';
import { createSuppressions } from './suppressions.ts';

export interface AlertsOptions {
  readPod: PodReader;
  events: FindingEvents;
  counts: PolicyCounts;
  /** Those of a policy that stands; undefined for one that does not. */
  policy: (namespace: string, name: string) => AlertedPolicy | undefined;
  /** Of the whole cluster. */
  clusterSinks: readonly Alerted[];
  /** On every alert. */
  labels: Readonly<Record<string, string>>;
  metrics: FindingMetrics;
  clock: Clock;
  log: Logger;
}

/** A sink and how bad a finding must be for it. */
export interface Alerted {
  sink: Sink;
  minSeverity: Severity;
}

export interface AlertedPolicy extends PolicyName {
  sinks: readonly Alerted[];
}

/** Brings findings to people: Kubernetes Events, counts on policies, sinks. */
export interface Alerts {
  /**
   * Takes what a pod's sensor has found. Resolves once it is in hand: nothing that is slow further on holds the answer up.
   * Rejects with a {@link GatewayRefusal}: 503 when it has to be sent again, 403 for a pod that has no sensor, of which anybody who may make pods can have a token.
   */
  take(identity: PodIdentity, findings: readonly Finding[]): Promise<void>;
  /** Resolves when all that was taken was told to Kubernetes and handed to the sinks, what was suppressed included. */
  settle(): Promise<void>;
}

/** Findings in hand, of all pods: each waits for the API server a few seconds at most. */
const MAX_IN_HAND = 2_000;
/** Below the sensor's own patience of 5 s. */
const POD_PATIENCE_MS = 3_000;
/** Sinks wait no longer than this for Kubernetes to know the findings that came together. */
const EVENTS_PATIENCE_MS = 3_000;

export function createAlerts(options: AlertsOptions): Alerts {
  const sort = createIntake(options.clock);
  const working = new Set<Promise<void>>();
  let inHand = 0;

  const suppressions = createSuppressions(options.clock, (pod, finding) =>
    follow(announce(options, { alert: makeAlert(finding, pod, options.labels), policies: governing(options, pod) })),
  );

  function follow(work: Promise<void>): void {
    working.add(work);
    void work.finally(() => working.delete(work));
  }

  /** One after the other, since each is a write; Events on policies, for which nobody waits, come when all sinks have theirs. */
  async function tellAll(pod: KnownPod, fresh: readonly Finding[]): Promise<void> {
    inHand += fresh.length;
    const until = options.clock.now() + EVENTS_PATIENCE_MS;
    const told: Told[] = [];
    for (const finding of fresh.toSorted(worstFirst)) {
      const one = tell(options, { pod, finding, until }).catch((error) => {
        options.log.error({ err: error, finding: finding.id }, `a finding could not be told: ${describeError(error)}`);
        return [];
      });
      told.push(...(await one));
    }
    for (const one of told) await tellPolicies(options, one);
    inHand -= fresh.length;
  }

  return {
    async take(identity, findings) {
      if (inHand + findings.length > MAX_IN_HAND) throw later('findings-busy', 'too many findings are in hand');
      const pod = await readInTime(options, identity);
      if (!pod.hasSensor) throw new GatewayRefusal('pod-without-sensor', 'this pod has no sensor', { status: 403 });
      for (const finding of findings) options.metrics.received(finding);
      const { fresh, suppressed, known } = sort(identity.uid, findings);
      options.metrics.known(known.length);
      for (const finding of suppressed) options.metrics.suppressed(finding.severity);
      for (const finding of suppressed) countOn(options, pod, finding);
      suppressions.add(pod, suppressed);
      follow(tellAll(pod, fresh));
    },
    async settle() {
      suppressions.stop();
      await Promise.all(working);
    },
  };
}

async function readInTime({ readPod, clock }: AlertsOptions, identity: PodIdentity): Promise<KnownPod> {
  const pod = await within(clock, POD_PATIENCE_MS, readPod(identity)).catch((cause: unknown) => {
    throw later('pod-unread', 'the API server cannot be asked about the pod now', cause);
  });
  if (pod === undefined) throw later('pod-unread', 'the API server does not say in time what the pod is under');
  return pod;
}

function later(code: string, what: string, cause?: unknown): GatewayRefusal {
  return new GatewayRefusal(code, `${what}; send again`, { status: 503, retryAfterSeconds: 2, cause });
}

/** An alert that sinks have, and the policies that are still to be told. */
interface Told {
  alert: Alert;
  policies: readonly AlertedPolicy[];
}

function worstFirst(one: Finding, other: Finding): number {
  return severities.indexOf(other.severity) - severities.indexOf(one.severity);
}

/** The Event on the pod comes first: its name tells replicas whether another one has told it. Gives nothing then. */
async function tell(
  options: AlertsOptions,
  { pod, finding, until }: { pod: KnownPod; finding: Finding; until: number },
): Promise<Told[]> {
  const { events, metrics, labels } = options;
  const alert = makeAlert(finding, pod, labels);
  if (!(await events.tellOnPod(alert, until))) {
    metrics.known(1);
    return [];
  }
  metrics.told(finding.severity);
  const told = { alert, policies: countOn(options, pod, finding) };
  tellSinks(options, told);
  return [told];
}

async function announce(options: AlertsOptions, told: Told): Promise<void> {
  tellSinks(options, told);
  await tellPolicies(options, told);
}

function tellSinks({ clusterSinks }: AlertsOptions, { alert, policies }: Told): void {
  for (const { sinks } of [{ sinks: clusterSinks }, ...policies]) {
    for (const { sink, minSeverity } of sinks) offer(alert, sink, minSeverity);
  }
}

async function tellPolicies({ events }: AlertsOptions, { alert, policies }: Told): Promise<void> {
  for (const policy of policies) await events.tellOnPolicy(alert, policy);
}

function offer(alert: Alert, sink: Sink, minSeverity: Severity): void {
  if (isAtLeast(alert.finding.severity, minSeverity)) sink.offer(alert);
}

/** Gives the policies that the pod is under, each with the finding added. */
function countOn(options: AlertsOptions, pod: KnownPod, finding: Finding): AlertedPolicy[] {
  const policies = governing(options, pod);
  for (const policy of policies) options.counts.add(policy, finding);
  return policies;
}

function governing({ policy }: AlertsOptions, { namespace, policies = [] }: KnownPod): AlertedPolicy[] {
  return policies.flatMap((name) => policy(namespace, name) ?? []);
}

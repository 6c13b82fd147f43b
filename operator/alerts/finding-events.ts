import type { Logger } from 'pino';
import type { Alert } from '../../crds/alert.ts';
import { describeError } from '../../crds/errors.ts';
import { type Finding, isAtLeast } from '../../crds/finding.ts';
import { apiVersion } from '../../crds/names.ts';
import type { KubeClient } from '../kube/client.ts';
import { isConflict } from '../kube/errors.ts';
import { eventOf, type Notice } from '../kube/event.ts';
import type { KubeObject } from '../kube/objects.ts';
import { events } from '../kube/resources.ts';
import { type Clock, within } from '../runtime/clock.ts';
import { createBudget } from './budget.ts';
import type { FindingMetrics } from './metrics.ts';

export interface FindingEventsOptions {
  client: KubeClient;
  clock: Clock;
  log: Logger;
  metrics: FindingMetrics;
  /** The name of this replica. */
  instance: string;
}

/** A policy of the pod's namespace. */
export interface PolicyName {
  namespace: string;
  name: string;
  uid: string;
}

/** Writes Events (events.k8s.io/v1) about findings. Its methods never reject: what cannot be written is counted and logged. */
export interface FindingEvents {
  /**
   * Tells it on the pod, and waits for that until so many milliseconds since 1970. False when another replica, or this one before it was started again, has told
   * it already.
   */
  tellOnPod(alert: Alert, until: number): Promise<boolean>;
  /** Tells it on a policy, within the policy's budget. */
  tellOnPolicy(alert: Alert, policy: PolicyName): Promise<void>;
  /** Says something about a policy's sinks, once in ten minutes. */
  note(policy: PolicyName, notice: Notice): Promise<void>;
}

/** Of each policy and severity for itself. The burst is client-go's. */
const PER_POLICY = { burst: 25, everyMs: 30_000 };
const MAX_BUDGETS = 5_000;
const QUIET_MS = 600_000;

export function createFindingEvents(options: FindingEventsOptions): FindingEvents {
  const { clock, metrics } = options;
  const mayTell = createBudget(clock, PER_POLICY, MAX_BUDGETS);
  const mayNote = createBudget(clock, { burst: 1, everyMs: QUIET_MS }, MAX_BUDGETS);
  return {
    async tellOnPod(alert, until) {
      const patience = Math.max(0, until - clock.now());
      const result = (await within(clock, patience, write(options, podOf(alert), noticeOf(alert), alert.id))) ?? 'late';
      metrics.event(result);
      return result !== 'known';
    },
    async tellOnPolicy(alert, policy) {
      const may = mayTell(`${policy.uid} ${alert.finding.severity}`);
      metrics.event(may ? await write(options, policyOf(policy), noticeOf(alert), alert.id) : 'suppressed');
    },
    async note(policy, notice) {
      const key = `${notice.reason} ${notice.note}`;
      if (!mayNote(`${policy.uid} ${key}`)) return;
      // Every replica has the same to say: one of them is enough.
      await write(options, policyOf(policy), notice, `${key} ${Math.floor(clock.now() / QUIET_MS)}`);
    },
  };
}

/** Its name is made of what it is about, so the API server takes it once, whichever replica comes first. */
async function write(
  { client, clock, log, instance }: FindingEventsOptions,
  object: KubeObject,
  ...[notice, key]: [notice: Notice, key: string]
): Promise<'written' | 'known' | 'failed'> {
  try {
    const source = { now: clock.now(), controller: 'chaperone.dev/gateway', instance, key };
    await client.create(events, eventOf(object, notice, source));
    return 'written';
  } catch (error) {
    if (isConflict(error)) return 'known';
    log.warn({ err: error, reason: notice.reason }, `an Event could not be written: ${describeError(error)}`);
    return 'failed';
  }
}

function noticeOf({ finding, text }: Alert): Notice {
  const type = isAtLeast(finding.severity, 'Medium') ? 'Warning' : 'Normal';
  return { type, reason: reasonOf(finding), action: 'Observe', note: text };
}

/** `runner-memory` as `RunnerMemory`. */
function reasonOf({ rule }: Finding): string {
  return rule.replace(/(^|-)([a-z])/g, (_, _dash, letter: string) => letter.toUpperCase());
}

function podOf({ pod: { namespace, name, uid } }: Alert): KubeObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name, uid } };
}

function policyOf(metadata: PolicyName): KubeObject {
  return { apiVersion, kind: 'AgentPolicy', metadata: { ...metadata } };
}

import { isDeepStrictEqual } from 'node:util';
import type { AgentPolicy } from '../../../crds/agent-policy.ts';
import type { AgentPolicyStatus, Condition } from '../../../crds/agent-policy-status.ts';
import { coveredPodsFinalizer, injectionEnabled, injectionLabel } from '../../../crds/names.ts';
import { type DryRun, describeRefusal } from '../../injection/dry-run.ts';
import type { KubeObject, NetworkPolicy as LiveNetworkPolicy, Pod } from '../../kube/objects.ts';
import type { NetworkFacts } from '../../network/network-facts.ts';
import type { NetworkPolicy } from '../../network/network-policy.ts';
import { networkWarnings, renderNetworkPolicy } from '../../network/render-network-policy.ts';
import { compilePolicyImage } from '../../policy/compile-policy-image.ts';
import { noticeOf } from '../dry-run/decide.ts';
import type { ReadHeldImage } from '../held-image.ts';
import type { Notice } from '../recorder.ts';
import { appliedInPart, mergeConditions, notNeeded, type Statement, summarise } from './conditions.ts';
import type { PolicyEntry } from './policy-book.ts';
import { countRunners, countUnheld, hasNotEnded, isCoveredBy, labelsByName, type RunnerCount } from './runners.ts';

/** All that a decision about one policy depends on. */
export interface PolicyWorld {
  entry: PolicyEntry;
  facts: NetworkFacts;
  /** Our NetworkPolicy as the API server has it. */
  live: LiveNetworkPolicy | undefined;
  /** Whether new pods of the namespace get a sensor; without one nothing holds them. */
  isInjected: boolean;
  /** The namespace is being deleted: nothing new can be made in it. */
  isEnding: boolean;
  /** Whether the namespace takes pods with a sensor; undefined before the first dry run. */
  dryRun: DryRun | undefined;
  /** The namespace's policies in force, those that are being deleted included. */
  policies: readonly AgentPolicy[];
  /** The namespace's pods that have a sensor. */
  pods: readonly Pod[];
  /** The namespace's pods that have none and have not ended; empty unless the policy enforces. */
  bare: readonly Pod[];
  readImage: ReadHeldImage;
  /** Milliseconds since 1970. */
  now: number;
}

/** What to do about the NetworkPolicy: bring it to this, take it away, or leave it as it is. */
export type NetworkAction = { do: 'apply'; object: NetworkPolicy } | { do: 'delete' } | { do: 'keep' };

export interface PolicyDecision {
  /** Whether the finalizer is to stand on the policy. Put on before the NetworkPolicy is made, taken off after it is gone. */
  finalizer: boolean;
  network: NetworkAction;
  /** Undefined for a policy that ends now. */
  status: AgentPolicyStatus | undefined;
  notices: readonly Notice[];
}

/** Decides what becomes of one policy; does nothing. */
export function decidePolicy(world: PolicyWorld): PolicyDecision {
  const decision = decideByState(world);
  return world.isEnding ? withoutNewObjects(decision, world) : decision;
}

/** What stands is still mended; what would have to be made anew, and every Event, the API server would refuse. */
function withoutNewObjects(decision: PolicyDecision, { live }: PolicyWorld): PolicyDecision {
  return { ...decision, network: live === undefined ? { do: 'keep' } : decision.network, notices: [] };
}

function decideByState(world: PolicyWorld): PolicyDecision {
  const { metadata } = world.entry.object;
  if (metadata.deletionTimestamp === undefined) return decideLiving(world);
  const covered = world.pods.filter((pod) => hasNotEnded(pod) && isCoveredBy(pod, metadata.name)).length;
  return covered === 0 ? decideEnded(world) : decideEnding(world, covered);
}

/** A NetworkPolicy that is not among ours may be another's of this name; of ours, the garbage collector takes one that we do not see yet. */
function decideEnded({ live }: PolicyWorld): PolicyDecision {
  const network: NetworkAction = live === undefined ? { do: 'keep' } : { do: 'delete' };
  return { finalizer: false, network, status: undefined, notices: [] };
}

function decideLiving(world: PolicyWorld): PolicyDecision {
  const { entry, facts } = world;
  const warnings = entry.inForce === undefined ? [] : networkWarnings(entry.inForce, facts);
  const refusal = describeFaults(entry);
  return {
    finalizer: entry.inForce === undefined ? hasFinalizer(entry) : entry.inForce.spec.mode === 'Enforce',
    network: networkAction(world),
    status: statusOf(world, [accepted(entry, refusal), networkReady(entry, warnings)]),
    notices: [
      ...(refusal === ''
        ? []
        : [{ type: 'Warning', reason: 'PolicyRefused', action: 'Accept', note: refusal } as const]),
      ...warnings.map((note) => ({ type: 'Warning', reason: 'RuleNotHeld', action: 'Render', note }) as const),
      ...notAdmitted(world),
    ],
  };
}

function notAdmitted({ isInjected, dryRun }: PolicyWorld): readonly Notice[] {
  const notice = isInjected && dryRun !== undefined ? noticeOf(dryRun) : undefined;
  return notice === undefined ? [] : [notice];
}

/** The NetworkPolicy outlives the wish to delete the policy, until the pods that it holds have ended. */
function decideEnding(world: PolicyWorld, covered: number): PolicyDecision {
  const note = `${covered} running ${covered === 1 ? 'pod is' : 'pods are'} held by this policy; it goes when they have ended.`;
  const waiting: Statement = { type: 'Ready', status: 'False', reason: 'WaitingForPods', message: note };
  return {
    finalizer: true,
    network: networkAction(world),
    status: { ...statusOf(world, []), conditions: conditionsOf(world, [waiting]) },
    notices: [{ type: 'Normal', reason: 'WaitingForPods', action: 'Delete', note }],
  };
}

function hasFinalizer({ object }: PolicyEntry): boolean {
  return object.metadata.finalizers?.includes(coveredPodsFinalizer) === true;
}

function networkAction({ entry, facts, live }: PolicyWorld): NetworkAction {
  if (entry.inForce === undefined) return { do: 'keep' };
  const object = renderNetworkPolicy(entry.inForce, facts);
  if (object === null) return live === undefined ? { do: 'keep' } : { do: 'delete' };
  return live !== undefined && isAsRendered(live, object) ? { do: 'keep' } : { do: 'apply', object };
}

/** Whether the live object says all that the rendered one says; others may add labels and annotations. */
function isAsRendered(live: LiveNetworkPolicy, object: NetworkPolicy): boolean {
  return (
    isDeepStrictEqual(live.spec, object.spec) &&
    Object.entries(object.metadata.labels).every(([key, value]) => live.metadata.labels?.[key] === value) &&
    (object.metadata.ownerReferences ?? []).every((owner) =>
      live.metadata.ownerReferences?.some((reference) => isDeepStrictEqual(reference, owner)),
    )
  );
}

function statusOf(world: PolicyWorld, statements: readonly Statement[]): AgentPolicyStatus {
  const { entry, isInjected } = world;
  const { inForce } = entry;
  const observedGeneration = entry.object.metadata.generation ?? 0;
  if (inForce === undefined) return { observedGeneration, conditions: conditionsOf(world, summed(statements)) };
  const runners = runnersOf(world, inForce);
  return {
    observedGeneration,
    hash: compilePolicyImage(inForce.metadata.namespace, [inForce]).hash,
    runners,
    conditions: conditionsOf(
      world,
      summed([...statements, ...(isInjected ? [sensorAdmitted(world)] : []), sensorsCurrent(runners, isInjected)]),
    ),
  };
}

function runnersOf({ policies, pods, bare, readImage }: PolicyWorld, policy: AgentPolicy): RunnerCount {
  const neighbourhood = { policies, labelsOf: labelsByName(pods) };
  const runners = countRunners(policy, pods, { neighbourhood, readImage });
  const isEnforced = policy.spec.mode === 'Enforce';
  return isEnforced ? { ...runners, unheld: countUnheld(policy, bare, neighbourhood) } : runners;
}

function summed(statements: readonly Statement[]): Statement[] {
  return [...statements, summarise(statements)];
}

function conditionsOf({ entry, now }: PolicyWorld, statements: readonly Statement[]): Condition[] {
  const { status, metadata } = entry.object as KubeObject & { status?: AgentPolicyStatus };
  return mergeConditions(status?.conditions ?? [], statements, { generation: metadata.generation ?? 0, now });
}

function describeFaults({ faults, inForce, object }: PolicyEntry): string {
  if (faults.length === 0) return '';
  const listed = faults.map(({ path, message }) => `${path}: ${message}`).join('; ');
  const kept = inForce !== undefined && inForce.metadata.generation !== object.metadata.generation;
  return kept ? `${listed}. Generation ${inForce.metadata.generation} stays in force.` : `${listed}.`;
}

function accepted({ faults }: PolicyEntry, refusal: string): Statement {
  return faults.length === 0
    ? { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'The policy can be held as written.' }
    : { type: 'Accepted', status: 'False', reason: 'Refused', message: refusal };
}

function networkReady({ inForce }: PolicyEntry, warnings: readonly string[]): Statement {
  const type = 'NetworkPolicyReady';
  if (inForce === undefined) {
    return { type, status: 'Unknown', reason: 'NotAccepted', message: 'The policy was not accepted.' };
  }
  if (inForce.spec.mode === 'Audit') {
    return { type, status: 'True', reason: notNeeded, message: 'Audit restricts nothing.' };
  }
  if (inForce.spec.egress.default === 'Allow' && inForce.spec.egress.rules.length === 0) {
    return { type, status: 'True', reason: notNeeded, message: 'The policy allows every destination.' };
  }
  if (warnings.length > 0) return { type, status: 'True', reason: appliedInPart, message: `${warnings.join('. ')}.` };
  return { type, status: 'True', reason: 'Applied', message: 'The NetworkPolicy says what the policy says.' };
}

function sensorAdmitted({ dryRun }: PolicyWorld): Statement {
  const type = 'SensorAdmitted';
  if (dryRun === undefined) {
    const message = 'It has not been tried yet whether the namespace takes pods with a sensor.';
    return { type, status: 'Unknown', reason: 'Pending', message };
  }
  if (dryRun.outcome === 'admitted') {
    const message = 'A dry run of a pod with a sensor was admitted in this namespace.';
    return { type, status: 'True', reason: 'Admitted', message };
  }
  const isRefused = dryRun.outcome === 'refused';
  const message = `${describeRefusal(dryRun)}.`.replace(/^t/, 'T');
  return { type, status: isRefused ? 'False' : 'Unknown', reason: isRefused ? 'Refused' : 'Undecided', message };
}

function sensorsCurrent({ matched, stale, unheld = 0 }: RunnerCount, isInjected: boolean): Statement {
  const type = 'SensorsCurrent';
  if (!isInjected) {
    const message = `New pods of the namespace get no sensor, and nothing holds them: label it ${injectionLabel}=${injectionEnabled}.`;
    return { type, status: 'False', reason: 'NamespaceNotChosen', message };
  }
  if (unheld > 0) return { type, status: 'False', reason: 'Unheld', message: describeUnheld(unheld) };
  if (matched === 0) return { type, status: 'True', reason: 'NoRunners', message: 'No running pod is selected.' };
  if (stale === 0) return { type, status: 'True', reason: 'Current', message: 'All sensors hold the present policy.' };
  const message = `${stale} of ${matched} running pods have a sensor that is not armed or holds an older policy.`;
  return { type, status: 'False', reason: 'Stale', message };
}

function describeUnheld(unheld: number): string {
  const pods = unheld === 1 ? '1 pod has' : `${unheld} pods have`;
  return `${pods} no sensor and nothing holds them: they were made while the operator was away, or before their namespace was chosen. Delete them, so that they are made anew.`;
}

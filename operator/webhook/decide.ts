import type { AgentPolicy } from '../../crds/agent-policy.ts';
import { injectionDisabled, injectionEnabled, injectionLabel } from '../../crds/names.ts';
import { asksAgents, fileWatchOf, type PolicyImage } from '../../crds/policy-image.ts';
import { decideInjectable } from '../injection/decide-injectable.ts';
import { isArcShaped } from '../injection/diag-mount.ts';
import { type DryRun, describeRefusal } from '../injection/dry-run.ts';
import { injectPod } from '../injection/inject-pod.ts';
import type { InjectionPlan } from '../injection/injection-plan.ts';
import type { JsonPatch } from '../injection/json-patch.ts';
import { compilePolicyImage } from '../policy/compile-policy-image.ts';
import { governingPolicies } from '../policy/governing-policies.ts';
import type { Labels } from '../policy/select-policies.ts';
import { stampedLabels } from '../policy/stamp-labels.ts';
import { preparePolicy } from './prepare-policy.ts';
import type { AdmissionRequest } from './review.ts';

/** What the operator's caches say at one instant; nothing here waits. */
export interface AdmissionSnapshot {
  /** Every cache has its first full list. */
  synced: boolean;
  /** The operator's own namespace, whose pods are never touched. */
  ownNamespace: string;
  /** Labels of the namespace; undefined for one that the cache does not show. */
  namespaceLabels(namespace: string): Labels | undefined;
  /** Whether a dry run of a pod with a sensor was admitted in the namespace; undefined before the first one. */
  dryRun(namespace: string): DryRun | undefined;
  /** Milliseconds since 1970. */
  now: number;
  /** The namespace's accepted policies. */
  policies(namespace: string): readonly AgentPolicy[];
  /** Labels of a pod of the namespace that has a sensor; undefined where there is none of that name. */
  podLabels(namespace: string, pod: string): Labels | undefined;
  /** Names of the namespace's Enforce policies that cannot be read and have no predecessor in force: nobody can tell what they hold. */
  unreadablePolicies(namespace: string): readonly string[];
  /** Whether the API server is seen to hold the NetworkPolicy that this Enforce policy asks for. */
  isNetworkPolicyReady(policy: AgentPolicy): boolean;
  /** Signs the image for the pod's annotation, so that `injection.publicKey` opens it. */
  signPolicyImage(image: PolicyImage): string;
  /** The part of the plan that is the same for every pod. */
  injection: Omit<InjectionPlan, 'signedPolicy' | 'failureMode' | 'fileWatch' | 'asksAgents' | 'labels' | 'diag'>;
}

export type Verdict =
  | { verdict: 'inject'; patch: JsonPatch; warnings: string[] }
  | { verdict: 'skip'; reason: string; warnings: string[] }
  | { verdict: 'refuse'; reason: string; code: RefusalCode; message: string }
  /** We cannot tell: the request fails, and the failurePolicy of the entry that called decides. */
  | { verdict: 'unavailable'; message: string };

/** 503 to wait, 400 for a user's mistake; never 403 or 422, on which ARC gives a runner up for good. */
export type RefusalCode = 400 | 503;

/** Decides about one pod from what is cached, without effects: the same request and snapshot give the same verdict, dry run or not. */
export function decideAdmission(request: AdmissionRequest, snapshot: AdmissionSnapshot): Verdict {
  const { namespace } = request;
  if (request.kind !== 'Pod' || request.subResource !== '' || request.operation !== 'CREATE')
    return skip('not-a-new-pod');
  if (exemptNamespaces(snapshot.ownNamespace).includes(namespace)) return skip('own-namespace');
  if (!snapshot.synced) return unavailable('the operator has not read the cluster yet');
  const namespaceLabels = snapshot.namespaceLabels(namespace);
  if (namespaceLabels === undefined) return unavailable(`the operator does not know the namespace ${namespace} yet`);
  // The API server saw the label, or it would not have asked.
  if (namespaceLabels[injectionLabel] !== injectionEnabled)
    return unavailable(`the operator does not know yet that the namespace ${namespace} is chosen`);
  return decideSelected(request, snapshot, namespaceLabels);
}

/** Namespaces whose pods are never touched. */
export function exemptNamespaces(ownNamespace: string): readonly string[] {
  return [ownNamespace, 'kube-system'];
}

function decideSelected(request: AdmissionRequest, snapshot: AdmissionSnapshot, namespaceLabels: Labels): Verdict {
  const { namespace, labels } = request;
  const [unreadable] = snapshot.unreadablePolicies(namespace);
  if (unreadable !== undefined) return refuse(unreadablePolicy(unreadable));
  const policies = snapshot.policies(namespace);
  const optsOut = labels[injectionLabel] === injectionDisabled;
  if (optsOut && !policies.some(enforces)) return skip('opted-out');
  const selected = governingPolicies(labels, { policies, labelsOf: (pod) => snapshot.podLabels(namespace, pod) });
  const { image, signed } = preparePolicy(namespace, selected, {
    publicKey: snapshot.injection.publicKey,
    sign: snapshot.signPolicyImage,
  });
  const subject: Subject = { request, snapshot, namespaceLabels, selected, image };
  const injectable = decideInjectable(request.pod, image.mode);
  if (injectable.verdict === 'skip') return withoutSensor(injectable);
  if (injectable.verdict === 'refuse') return refuse({ ...injectable, code: 400 });
  const obstacle = refusedDryRun(subject) ?? podSecurity(subject) ?? pendingNetworkPolicy(subject);
  if (obstacle !== null) return answerObstacle(obstacle, image);
  if (signed === null) return answerObstacle(overlong(image), image);
  const patch = injectPod(request.pod, planOf(subject, signed));
  return { verdict: 'inject', patch, warnings: optsOut ? [optOutNotHonoured] : [] };
}

const optOutNotHonoured = 'chaperone: a policy of this namespace enforces: the opt-out is not honoured';

interface Subject {
  request: AdmissionRequest;
  snapshot: AdmissionSnapshot;
  namespaceLabels: Labels;
  selected: AgentPolicy[];
  image: PolicyImage;
}

/** What keeps the sensor or its policy from this pod, as the cluster is now. */
interface Obstacle {
  reason: string;
  code: RefusalCode;
  message: string;
}

/** Pod Security judges the pod after us: a sensor that it forbids would fail the pod with 403. A label is known sooner than the next dry run's outcome. */
function podSecurity({ request, namespaceLabels }: Subject): Obstacle | null {
  const level = namespaceLabels['pod-security.kubernetes.io/enforce'];
  if (level !== 'baseline' && level !== 'restricted') return null;
  const message = `Pod Security level "${level}" of the namespace ${request.namespace} forbids the sensor's capabilities: set its label pod-security.kubernetes.io/enforce to privileged`;
  return { reason: 'pod-security', code: 503, message };
}

/** How long makers of pods are told to wait for a namespace that refuses the sensor; afterwards, that it has to be corrected. */
const WAIT_LIMIT_MS = 600_000;

/** What refuses a sample after us would refuse this pod, with 403 or 422. */
function refusedDryRun({ request: { namespace }, snapshot }: Subject): Obstacle | null {
  const dryRun = snapshot.dryRun(namespace);
  if (dryRun?.outcome === 'admitted') return null;
  if (dryRun === undefined) {
    const message = `the operator has not tried yet whether the namespace ${namespace} takes the sensor: the pod can start in a moment`;
    return { reason: 'dry-run-pending', code: 503, message };
  }
  const isOver = dryRun.outcome === 'refused' && snapshot.now - Date.parse(dryRun.since) > WAIT_LIMIT_MS;
  const message = `${describeRefusal(dryRun)}; correct that, and the operator tries again within a minute`;
  return { reason: `dry-run-${dryRun.outcome}`, code: isOver ? 400 : 503, message };
}

/** It may select this pod: a pod that goes without it could be one that it holds. */
function unreadablePolicy(name: string): Obstacle {
  const message = `the AgentPolicy ${name} enforces and cannot be read: correct what its condition Accepted names, or delete it`;
  return { reason: 'policy-unreadable', code: 503, message };
}

function overlong({ policies }: PolicyImage): Obstacle {
  const names = policies.map(({ name }) => name).join(', ');
  const message = `the policies ${names} together are longer than a pod can carry: join address blocks, or split the policies by selector`;
  return { reason: 'policy-too-large', code: 503, message };
}

/** A pod that starts before its NetworkPolicy is there would have an open moment. */
function pendingNetworkPolicy({ selected, snapshot }: Subject): Obstacle | null {
  const pending = selected.find((policy) => enforces(policy) && !snapshot.isNetworkPolicyReady(policy));
  if (pending === undefined) return null;
  const message = `the NetworkPolicy of the AgentPolicy ${pending.metadata.name} is not there yet: the pod can start in a moment`;
  return { reason: 'network-policy-pending', code: 503, message };
}

function answerObstacle(obstacle: Obstacle, { mode }: PolicyImage): Verdict {
  return mode === 'Enforce' ? refuse(obstacle) : withoutSensor(obstacle);
}

function planOf({ request, snapshot, image }: Subject, signedPolicy: string): InjectionPlan {
  return { ...planFor(image, snapshot), signedPolicy, diag: isArcShaped(request.pod) };
}

/** What a runner pod that no policy selects gets, as large as it can be but for its policy. */
export function planWithoutPolicy(namespace: string, snapshot: AdmissionSnapshot): InjectionPlan {
  const image = compilePolicyImage(namespace, []).payload;
  return { ...planFor(image, snapshot), signedPolicy: snapshot.signPolicyImage(image), diag: true };
}

function planFor(image: PolicyImage, { injection }: AdmissionSnapshot): Omit<InjectionPlan, 'signedPolicy' | 'diag'> {
  return {
    ...injection,
    failureMode: image.failureMode,
    fileWatch: fileWatchOf(image),
    asksAgents: asksAgents(image),
    labels: stampedLabels(image),
  };
}

function enforces({ spec }: AgentPolicy): boolean {
  return spec.mode === 'Enforce';
}

function skip(reason: string): Verdict {
  return { verdict: 'skip', reason, warnings: [] };
}

function withoutSensor({ reason, message }: { reason: string; message: string }): Verdict {
  return { verdict: 'skip', reason, warnings: [`chaperone: this pod gets no sensor: ${message}`] };
}

function refuse({ reason, code, message }: Obstacle): Verdict {
  return { verdict: 'refuse', reason, code, message: `chaperone: ${message}` };
}

function unavailable(message: string): Verdict {
  return { verdict: 'unavailable', message };
}

import type { AgentPolicy } from '../../../crds/agent-policy.ts';
import { policyLabel, policyLabelEnforce } from '../../../crds/names.ts';
import type { Pod } from '../../kube/objects.ts';
import { governingPolicies, type Neighbourhood, runnerOf, selectingPolicies } from '../../policy/governing-policies.ts';
import type { HeldImage, ReadHeldImage } from '../held-image.ts';
import { readSensorStatus } from '../sensor-status.ts';

/** Runner pods of a policy: all running ones, and of these those whose sensor holds the policy's present text, and the others. */
export interface RunnerCount {
  matched: number;
  current: number;
  stale: number;
  /** Pods without a sensor that the policy would hold; undefined where it holds none. */
  unheld?: number;
}

/** Whether the pod has not ended: what holds it must stay. */
export function hasNotEnded({ status }: Pod): boolean {
  return status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
}

/** Whether the policy's NetworkPolicy selects the pod. */
export function isCoveredBy(pod: Pod, policyName: string): boolean {
  return pod.metadata.labels?.[policyLabel(policyName)] === policyLabelEnforce;
}

/**
 * The policies that a pod with a sensor is under: those that select it or hold it already. Where these are none, all that enforce, as for a new pod. What a job pod was under
 * for its runner's sake it stays under when the runner has gone.
 */
export function policiesOf(pod: Pod, neighbourhood: Neighbourhood, held: HeldImage | undefined): AgentPolicy[] {
  const { name = '', labels = {} } = pod.metadata;
  const living = neighbourhood.policies.filter(isLiving);
  const selecting = selectingPolicies(labels, { ...neighbourhood, policies: living });
  const runner = runnerOf(labels);
  const isOrphan = runner !== undefined && runner !== name && neighbourhood.labelsOf(runner) === undefined;
  const kept = isOrphan ? (held?.image.policies ?? []).map((policy) => policy.name) : [];
  const own = neighbourhood.policies.filter(
    (policy) =>
      isCoveredBy(pod, policy.metadata.name) || selecting.includes(policy) || kept.includes(policy.metadata.name),
  );
  return own.length > 0 ? own : living.filter(({ spec }) => spec.mode === 'Enforce');
}

/** How the labels of a namespace's pods are found by their names. */
export function labelsByName(pods: readonly Pod[]): Neighbourhood['labelsOf'] {
  const labels = new Map(pods.map(({ metadata }) => [metadata.name, metadata.labels ?? {}]));
  return (pod) => labels.get(pod);
}

/** Counts the runners of a policy among the namespace's pods with a sensor. */
export function countRunners(
  policy: AgentPolicy,
  pods: readonly Pod[],
  { neighbourhood, readImage }: { neighbourhood: Neighbourhood; readImage: ReadHeldImage },
): RunnerCount {
  const runners = pods
    .filter(({ status }) => status?.phase === 'Running')
    .filter((pod) => isAmong(policy, policiesOf(pod, neighbourhood, readImage(pod))));
  const current = runners.filter((pod) => isCurrent(policy, pod, readImage)).length;
  return { matched: runners.length, current, stale: runners.length - current };
}

/** Counts the pods that the policy would hold and cannot, since they have no sensor and no label of ours. */
export function countUnheld(policy: AgentPolicy, bare: readonly Pod[], neighbourhood: Neighbourhood): number {
  const living = { ...neighbourhood, policies: neighbourhood.policies.filter(isLiving) };
  return bare.filter(({ metadata }) => isAmong(policy, governingPolicies(metadata.labels ?? {}, living))).length;
}

function isLiving({ metadata }: AgentPolicy): boolean {
  return metadata.deletionTimestamp === undefined;
}

/** By name: the same policy may have been read twice. */
function isAmong({ metadata }: AgentPolicy, policies: readonly AgentPolicy[]): boolean {
  return policies.some((policy) => policy.metadata.name === metadata.name);
}

/** The pod carries the present text, and its sensor is armed and says that it holds just that image. */
function isCurrent({ metadata }: AgentPolicy, pod: Pod, readImage: ReadHeldImage): boolean {
  const held = readImage(pod);
  const status = readSensorStatus(pod);
  if (held === undefined || status === undefined || !status.armed || status.policyHash !== held.hash) return false;
  return held.image.policies.some(
    ({ name, generation }) => name === metadata.name && generation === metadata.generation,
  );
}

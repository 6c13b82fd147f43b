import type { AgentPolicy } from '../../../crds/agent-policy.ts';
import { policyLabel, policyLabelEnforce } from '../../../crds/names.ts';
import type { Pod } from '../../kube/objects.ts';
import { selectPolicies } from '../../policy/select-policies.ts';
import type { ReadHeldImage } from '../held-image.ts';
import { readSensorStatus } from '../sensor-status.ts';

/** Runner pods of a policy: all running ones, and of these those whose sensor holds the policy's present text, and the others. */
export interface RunnerCount {
  matched: number;
  current: number;
  stale: number;
}

/** Whether the pod has not ended: what holds it must stay. */
export function hasNotEnded({ status }: Pod): boolean {
  return status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
}

/** Whether the policy's NetworkPolicy selects the pod. */
export function isCoveredBy(pod: Pod, policyName: string): boolean {
  return pod.metadata.labels?.[policyLabel(policyName)] === policyLabelEnforce;
}

/** Whether the policy is one of the pod's: by its selector, or because it holds the pod already. */
export function appliesTo(policy: AgentPolicy, pod: Pod): boolean {
  return (
    isCoveredBy(pod, policy.metadata.name) ||
    (policy.metadata.deletionTimestamp === undefined && selectPolicies(pod.metadata, [policy]).length > 0)
  );
}

/** Counts the runners of a policy among the namespace's pods. */
export function countRunners(policy: AgentPolicy, pods: readonly Pod[], readImage: ReadHeldImage): RunnerCount {
  const runners = pods.filter((pod) => pod.status?.phase === 'Running' && appliesTo(policy, pod));
  const current = runners.filter((pod) => isCurrent(policy, pod, readImage)).length;
  return { matched: runners.length, current, stale: runners.length - current };
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

import type { AgentPolicy } from '../../crds/agent-policy.ts';
import { type Labels, selectPolicies } from './select-policies.ts';

/** What else of its namespace decides which policies a pod is under. */
export interface Neighbourhood {
  /** The namespace's policies in force. */
  policies: readonly AgentPolicy[];
  /** The labels of a pod that has a sensor; undefined where there is none of that name. */
  labelsOf(pod: string): Labels | undefined;
}

/**
 * The policies that a new pod is under: those that select it, by its own labels or, where a runner made it for its job, by that runner's. Where a policy enforces, a pod
 * that none selects is under all that enforce: what a job's token makes is no freer than the job.
 */
export function governingPolicies(labels: Labels, neighbourhood: Neighbourhood): AgentPolicy[] {
  const selected = selectingPolicies(labels, neighbourhood);
  return selected.length > 0 ? selected : neighbourhood.policies.filter(({ spec }) => spec.mode === 'Enforce');
}

/** Those that select the pod, by its own labels or by its runner's. */
export function selectingPolicies(labels: Labels, { policies, labelsOf }: Neighbourhood): AgentPolicy[] {
  const own = selectPolicies({ labels }, policies);
  const runner = runnerOf(labels);
  const others = runner === undefined ? [] : selectPolicies({ labels: labelsOf(runner) ?? {} }, policies);
  return policies.filter((policy) => own.includes(policy) || (runner !== undefined && others.includes(policy)));
}

/**
 * The runner pod for whose job a pod was made, in ARC's kubernetes mode; undefined for any other pod. The container hooks give such pods this one label, and those of
 * version 0.7 make the pods of container actions by a Job whose name begins with the runner's (runner-container-hooks, packages/k8s: hooks/constants.ts, k8s/index.ts).
 */
export function runnerOf(labels: Labels): string | undefined {
  const job = labels['batch.kubernetes.io/job-name'] ?? '';
  return labels['runner-pod'] ?? /^(.+)-step-[0-9a-f]{8}$/.exec(job)?.[1];
}

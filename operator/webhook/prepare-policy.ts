import type { AgentPolicy } from '../../crds/agent-policy.ts';
import { maxPolicyImageBytes, type PolicyImage, policyImageBytes } from '../../crds/policy-image.ts';
import { compilePolicyImage } from '../policy/compile-policy-image.ts';

export type SignPolicyImage = (image: PolicyImage) => string;

/** The policies that select a pod, ready for the pod's annotation; `signed` is null when they are longer than a pod can carry. */
export interface PreparedPolicy {
  image: PolicyImage;
  signed: string | null;
}

/** Pods of a scale set come by the hundred with the same policies, and merging and signing takes longer than all the rest of a verdict. */
const prepared = new WeakMap<SignPolicyImage, Map<string, PreparedPolicy>>();
const MAX_PREPARED = 256;

/** Merges and signs the policies, once for the same generations and the same key. */
export function preparePolicy(namespace: string, selected: AgentPolicy[], sign: SignPolicyImage): PreparedPolicy {
  const known = prepared.get(sign) ?? new Map<string, PreparedPolicy>();
  prepared.set(sign, known);
  const key = JSON.stringify([
    namespace,
    ...selected.map(({ metadata }) => [metadata.name, metadata.uid, metadata.generation]),
  ]);
  const before = known.get(key);
  if (before !== undefined) return before;
  if (known.size >= MAX_PREPARED) known.clear();
  const image = compilePolicyImage(namespace, selected).payload;
  const policy = { image, signed: policyImageBytes(image) <= maxPolicyImageBytes ? sign(image) : null };
  known.set(key, policy);
  return policy;
}

import type { AgentPolicy } from '../../crds/agent-policy.ts';
import { maxPolicyImageBytes, type PolicyImage, policyImageBytes } from '../../crds/policy-image.ts';
import { compilePolicyImage } from '../policy/compile-policy-image.ts';

/** The policies that select a pod, ready for the pod's annotation; `signed` is null when they are longer than a pod can carry. */
export interface PreparedPolicy {
  image: PolicyImage;
  signed: string | null;
}

/** How images are signed, and the public key that tells one signing key from another. */
export interface PolicySigner {
  publicKey: string;
  sign: (image: PolicyImage) => string;
}

/** Pods of a scale set come by the hundred with the same policies, and merging and signing takes longer than all the rest of a verdict. */
const prepared = new Map<string, PreparedPolicy>();
const MAX_PREPARED = 256;

/** Merges and signs the policies, once for the same objects, generations and key. */
export function preparePolicy(
  namespace: string,
  selected: AgentPolicy[],
  { publicKey, sign }: PolicySigner,
): PreparedPolicy {
  const versions = selected.map(({ metadata }) => [metadata.name, metadata.uid, metadata.generation]);
  const key = JSON.stringify([publicKey, namespace, versions]);
  const known = prepared.get(key);
  if (known !== undefined) return known;
  if (prepared.size >= MAX_PREPARED) prepared.clear();
  const image = compilePolicyImage(namespace, selected).payload;
  const policy = { image, signed: policyImageBytes(image) <= maxPolicyImageBytes ? sign(image) : null };
  prepared.set(key, policy);
  return policy;
}

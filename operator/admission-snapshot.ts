import type { AgentPolicy } from '../crds/agent-policy.ts';
import type { AgentPolicyStatus } from '../crds/agent-policy-status.ts';
import { networkPolicyNameFor } from '../crds/names.ts';
import type { PolicyImage } from '../crds/policy-image.ts';
import { isEnforcing } from './controllers/namespace/decide.ts';
import type { PolicyBook } from './controllers/policy/policy-book.ts';
import { readDryRun } from './injection/dry-run.ts';
import { joinKey, type KubeObject } from './kube/objects.ts';
import { isHolding } from './network/render-network-policy.ts';
import { haveSynced, type Stores } from './stores.ts';
import type { AdmissionSnapshot } from './webhook/decide.ts';

export interface SnapshotSources {
  stores: Stores;
  book: PolicyBook;
  ownNamespace: string;
  sign: (image: PolicyImage) => string;
  injection: AdmissionSnapshot['injection'];
  /** Milliseconds since 1970. */
  now: number;
}

/** What the stores say at this instant, as the webhook asks for it. */
export function takeSnapshot({ stores, book, ownNamespace, sign, injection, now }: SnapshotSources): AdmissionSnapshot {
  return {
    synced: haveSynced(stores),
    ownNamespace,
    namespaceLabels(name) {
      const namespace = stores.namespaces.get(name);
      return namespace === undefined ? undefined : (namespace.metadata.labels ?? {});
    },
    dryRun(name) {
      const namespace = stores.namespaces.get(name);
      return namespace === undefined ? undefined : readDryRun(namespace);
    },
    now,
    policies: (namespace) => book.inForce(namespace),
    podLabels: (namespace, pod) => stores.pods.get(joinKey(namespace, pod))?.metadata.labels,
    unreadablePolicies: (namespace) =>
      book
        .entries(namespace)
        .flatMap(({ object, inForce }) => (inForce === undefined && isEnforcing(object) ? [object.metadata.name] : [])),
    isNetworkPolicyReady: (policy) => isNetworkPolicyReady(stores, policy),
    signPolicyImage: sign,
    injection,
  };
}

/** The leader has said so about just this generation, and the API server is seen to hold the NetworkPolicy still, if this text asks for one. */
function isNetworkPolicyReady(stores: Stores, policy: AgentPolicy): boolean {
  const { metadata } = policy;
  const object = stores.policies.get(joinKey(metadata.namespace, metadata.name));
  const { status } = (object ?? {}) as KubeObject & { status?: AgentPolicyStatus };
  const condition = status?.conditions?.find(({ type }) => type === 'NetworkPolicyReady');
  if (condition?.status !== 'True' || condition.observedGeneration !== object?.metadata.generation) return false;
  const name = joinKey(metadata.namespace, networkPolicyNameFor(metadata.name));
  return !isHolding(policy) || stores.networkPolicies.get(name) !== undefined;
}

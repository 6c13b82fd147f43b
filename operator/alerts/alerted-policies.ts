import { isDeepStrictEqual } from 'node:util';
import { joinKey, type KubeObject } from '../kube/objects.ts';
import { createReflector, type ReflectorOptions } from '../kube/reflector.ts';
import { agentPolicies } from '../stores.ts';
import type { AlertedPolicy } from './alerts.ts';
import type { PolicySinks } from './policy-sinks.ts';

/** The gateway's copy of the AgentPolicies, with no more of each than alerts need. */
export interface AlertedPolicies {
  /** Undefined for one that does not stand. */
  get(namespace: string, name: string): AlertedPolicy | undefined;
  /** Resolves once the first list is in. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function createAlertedPolicies(
  environment: Pick<ReflectorOptions<KubeObject>, 'transport' | 'clock' | 'random' | 'onError'>,
  sinks: PolicySinks,
): AlertedPolicies {
  const { store, start, stop } = createReflector<KubeObject>({
    ...environment,
    selection: { resource: agentPolicies },
    prune,
  });
  store.onChange((change) => {
    if (change.type === 'deleted') sinks.remove(change.object);
    // Most changes are of the status.
    else if (change.type === 'added' || !isDeepStrictEqual(specOf(change.object), specOf(change.previous)))
      sinks.update(change.object);
  });
  return {
    get(namespace, name) {
      const uid = store.get(joinKey(namespace, name))?.metadata.uid;
      return uid === undefined ? undefined : { namespace, name, uid, sinks: sinks.of(uid) };
    },
    start,
    stop,
  };
}

function specOf(object: KubeObject): { alerts?: unknown } {
  return (object as { spec?: { alerts?: unknown } }).spec ?? {};
}

function prune(object: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion } = object.metadata;
  const { alerts } = specOf(object);
  const own = { ...(namespace && { namespace }), ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) };
  return { metadata: { name, ...own }, spec: { alerts } } as KubeObject;
}

import { joinKey, type KubeObject } from '../kube/objects.ts';
import { createReflector, type ReflectorOptions } from '../kube/reflector.ts';
import { agentPolicies } from '../stores.ts';
import type { AlertedPolicy } from './alerts.ts';

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
): AlertedPolicies {
  const { store, start, stop } = createReflector<KubeObject>({
    ...environment,
    selection: { resource: agentPolicies },
    prune,
  });
  return {
    get(namespace, name) {
      const uid = store.get(joinKey(namespace, name))?.metadata.uid;
      return uid === undefined ? undefined : { namespace, name, uid, sinks: [] };
    },
    start,
    stop,
  };
}

function prune({ metadata }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion } = metadata;
  return {
    metadata: {
      name,
      ...(namespace && { namespace }),
      ...(uid && { uid }),
      ...(resourceVersion && { resourceVersion }),
    },
  };
}

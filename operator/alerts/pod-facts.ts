import * as z from 'zod';
import { policyAnnotation, sensorContainer } from '../../crds/names.ts';
import { BoundedMap } from '../gateway/bounded-map.ts';
import type { PodIdentity } from '../gateway/identity.ts';
import type { KubeClient } from '../kube/client.ts';
import { isNotFound } from '../kube/errors.ts';
import type { Pod } from '../kube/objects.ts';
import { pods } from '../kube/resources.ts';
import type { Clock } from '../runtime/clock.ts';

/** A pod as its token and the API server know it. */
export interface KnownPod extends PodIdentity {
  /** Names of the policies that it is under, by what the operator wrote on it; undefined when it was gone before it could be asked about. */
  policies: readonly string[] | undefined;
  /** By its spec, from which nobody can take a container once it runs; true when it was gone before it could be asked about. */
  hasSensor: boolean;
}

/** Rejects when the API server cannot say. */
export type PodReader = (identity: PodIdentity) => Promise<KnownPod>;

const MAX_PODS = 5_000;
/** A policy that was put on a running pod counts this much later at most. */
const FRESH_MS = 30_000;

/** Reads pods, and remembers them for a while: a pod's findings come in a row. */
export function createPodReader(client: KubeClient, clock: Clock): PodReader {
  const known = new BoundedMap<{ pod: KnownPod; at: number }>(MAX_PODS);
  return async (identity) => {
    const before = known.get(identity.uid);
    if (before !== undefined && clock.now() - before.at < FRESH_MS) return before.pod;
    const pod = (await read(client, identity)) ?? before?.pod ?? { ...identity, policies: undefined, hasSensor: true };
    known.set(identity.uid, { pod, at: clock.now() });
    return pod;
  };
}

/** Undefined when the pod is gone, also when another one has its name. */
async function read(client: KubeClient, identity: PodIdentity): Promise<KnownPod | undefined> {
  try {
    const { metadata, spec } = await client.get<Pod>(pods, identity);
    if (metadata.uid !== identity.uid) return undefined;
    const hasSensor = spec.initContainers?.some(({ name }) => name === sensorContainer) ?? false;
    const node = spec.nodeName ?? identity.node;
    return { ...identity, node, policies: policiesOn(metadata.annotations), hasSensor };
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

const image = z.object({ policies: z.array(z.object({ name: z.string().min(1).max(63) })).max(256) });

/**
 * The names in the pod's policy image. Its signature is the sensor's to check: on a pod with a sensor the API server lets only the operator change the annotation
 * (charts/chaperone/templates/guards.yaml), and a name that is no policy of the pod's namespace leads nowhere.
 */
function policiesOn(annotations: Readonly<Record<string, string>> = {}): string[] {
  try {
    const { payload } = JSON.parse(annotations[policyAnnotation] ?? '');
    return image.parse(JSON.parse(payload)).policies.map(({ name }) => name);
  } catch {
    return [];
  }
}

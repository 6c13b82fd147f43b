import { policyAnnotation } from '../../crds/names.ts';
import { openPolicyImage, type PolicyImage } from '../../crds/policy-image.ts';
import type { Pod } from '../kube/objects.ts';

/** The policy image that a pod carries, and its hash. */
export interface HeldImage {
  image: PolicyImage;
  hash: string;
}

/** Reads a pod's image; undefined when it has none that we signed. */
export type ReadHeldImage = (pod: Pod) => HeldImage | undefined;

/** Opens each pod's image once: pods from a store never change, and a signature costs a tenth of a millisecond. */
export function createImageReader(publicKeyPem: () => string): ReadHeldImage {
  const opened = new WeakMap<Pod, HeldImage | 'none'>();
  return (pod) => {
    const known = opened.get(pod) ?? open(pod, publicKeyPem());
    opened.set(pod, known);
    return known === 'none' ? undefined : known;
  };
}

function open(pod: Pod, publicKeyPem: string): HeldImage | 'none' {
  try {
    return openPolicyImage(pod.metadata.annotations?.[policyAnnotation] ?? '', publicKeyPem);
  } catch {
    // Whatever is wrong with it, the pod gets a new one.
    return 'none';
  }
}

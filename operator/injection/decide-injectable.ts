import type { JsonObject } from '../../crds/canonical-json.ts';
import {
  diagVolume,
  injectedAnnotation,
  policyAnnotation,
  policyVolume,
  runVolume,
  scratchVolume,
  sensorContainer,
  tokenVolume,
} from '../../crds/names.ts';
import { maxPolicyImageBytes } from '../../crds/policy-image.ts';
import { runnerContainer } from './diag-mount.ts';
import type { RawPod } from './injection-plan.ts';
import { named, objectAt, objectsAt } from './raw-pod.ts';

/** `skip`: the pod goes its way without a sensor. `refuse`: it must not run without one; the message tells its author what to change. */
export type Injectability = { verdict: 'inject' } | { verdict: 'skip' | 'refuse'; reason: string; message: string };

/**
 * Whether the sensor can accompany the pod, by its spec alone.
 * What makes it impossible under Audit skips the pod, and under Enforce refuses it: an Enforce policy never becomes Audit in silence.
 */
export function decideInjectable(pod: RawPod, mode: 'Audit' | 'Enforce'): Injectability {
  if (isMirror(pod))
    return {
      verdict: 'skip',
      reason: 'mirror-pod',
      message: 'the kubelet runs this pod from a file; it cannot be changed',
    };
  const obstacle =
    obstacles.find(({ stands }) => stands(pod)) ??
    (mode === 'Enforce' ? enforceObstacles.find(({ stands }) => stands(pod)) : undefined);
  if (obstacle === undefined) return { verdict: 'inject' };
  const { reason, message } = obstacle;
  return { verdict: mode === 'Enforce' ? 'refuse' : 'skip', reason, message };
}

interface Obstacle {
  reason: string;
  message: string;
  stands(pod: RawPod): boolean;
}

const obstacles: Obstacle[] = [
  {
    reason: 'windows',
    message: 'the sensor needs Linux: run this pod in a namespace without chaperone.dev/injection',
    stands: (pod) => specOf(pod).os !== undefined && objectAt(specOf(pod), 'os').name === 'windows',
  },
  {
    reason: 'windows',
    message: 'the sensor needs Linux: run this pod in a namespace without chaperone.dev/injection',
    stands: (pod) => objectAt(specOf(pod), 'nodeSelector')['kubernetes.io/os'] === 'windows',
  },
  {
    reason: 'host-pid',
    message: 'with hostPID the sensor would see the processes of the whole node: remove hostPID from the pod',
    stands: (pod) => specOf(pod).hostPID === true,
  },
  {
    reason: 'user-namespace',
    message:
      'in a user namespace of its own the sensor may not load its programs: remove hostUsers: false from the pod',
    stands: (pod) => specOf(pod).hostUsers === false,
  },
  {
    reason: 'container-name-taken',
    message: `the pod has a container of its own named ${sensorContainer}: give it another name`,
    stands: hasForeignSensor,
  },
  {
    reason: 'volume-name-taken',
    message:
      'the pod has or mounts a volume of its own with a name of ours (chaperone-run, -scratch, -policy, -token, -diag): give it another name',
    stands: hasForeignVolume,
  },
  {
    reason: 'annotations-too-large',
    message:
      'the annotations of the pod leave no room for its policy, and the API server would refuse it: make them shorter',
    stands: (pod) => foreignAnnotationBytes(pod) > maxAnnotationsBytes - maxPolicyImageBytes - 1024,
  },
];

/** What does not keep the sensor from watching, but the cluster from holding the pod. */
const enforceObstacles: Obstacle[] = [
  {
    reason: 'host-network',
    message: 'a NetworkPolicy cannot hold a pod with hostNetwork: remove hostNetwork from the pod',
    stands: (pod) => specOf(pod).hostNetwork === true,
  },
];

function isMirror(pod: RawPod): boolean {
  return annotationsOf(pod)['kubernetes.io/config.mirror'] !== undefined;
}

/** An init container of that name beside our annotation is ours: `injectPod` writes it anew unless it is as it should be. */
function hasForeignSensor(pod: RawPod): boolean {
  const isAlreadyInjected = annotationsOf(pod)[injectedAnnotation] !== undefined;
  const inInit = named(objectsAt(specOf(pod), 'initContainers'), sensorContainer) !== undefined;
  return named(objectsAt(specOf(pod), 'containers'), sensorContainer) !== undefined || (inInit && !isAlreadyInjected);
}

/** A container could mount a volume that is only there once we have added it, such as the one with the sensor's socket. */
function hasForeignVolume(pod: RawPod): boolean {
  const isAlreadyInjected = annotationsOf(pod)[injectedAnnotation] !== undefined;
  const defines = objectsAt(specOf(pod), 'volumes').some((volume) =>
    [...privateVolumes, diagVolume].includes(String(volume.name)),
  );
  return (defines && !isAlreadyInjected) || othersThan(pod, sensorContainer).some((one) => mountsOurs(pod, one));
}

/** Of all annotations of an object together: TotalAnnotationSizeLimitB in apimachinery's validation. Ours besides the policy are far below 1 KiB. */
const maxAnnotationsBytes = 256 * 1024;

const privateVolumes = [runVolume, scratchVolume, policyVolume, tokenVolume];

/** The log's volume is for the runner, by our own hand: in another container its mount would be left without a volume where we take ours away. */
function mountsOurs(pod: RawPod, container: JsonObject): boolean {
  const isRunner = named(objectsAt(specOf(pod), 'containers'), runnerContainer) === container;
  const ours = isRunner ? privateVolumes : [...privateVolumes, diagVolume];
  return objectsAt(container, 'volumeMounts').some((mount) => ours.includes(String(mount.name)));
}

/** Keys and values as the API server counts them; those that we write anew do not count, whatever an earlier injection wrote. */
function foreignAnnotationBytes(pod: RawPod): number {
  return Object.entries(annotationsOf(pod))
    .filter(([key]) => key !== policyAnnotation && key !== injectedAnnotation)
    .reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(String(value)), 0);
}

function othersThan(pod: RawPod, name: string): JsonObject[] {
  const spec = specOf(pod);
  return [...objectsAt(spec, 'initContainers'), ...objectsAt(spec, 'containers')].filter(
    (container) => container.name !== name,
  );
}

function specOf(pod: RawPod): JsonObject {
  return objectAt(pod, 'spec');
}

function annotationsOf(pod: RawPod): JsonObject {
  return objectAt(objectAt(pod, 'metadata'), 'annotations');
}

import { type AgentPolicy, parseAgentPolicy } from '../../../crds/agent-policy.ts';
import {
  apiVersion,
  policyAnnotation,
  sensorInjected,
  sensorLabel,
  sensorStatusAnnotation,
} from '../../../crds/names.ts';
import { signPolicyImage } from '../../../crds/policy-image.ts';
import { createSigningKey } from '../../certificates/signing-key.ts';
import type { KubeObject, Pod } from '../../kube/objects.ts';
import { compilePolicyImage } from '../../policy/compile-policy-image.ts';
import { createImageReader, type ReadHeldImage } from '../held-image.ts';

const key = createSigningKey();

/** Reads images that `aPod` has signed. */
export const readImage: ReadHeldImage = createImageReader(() => key.publicKey);

/** An AgentPolicy as the API server sends it, in the namespace `ci`, for pods with the label `app: runner`. */
export function aPolicyObject(
  spec: Record<string, unknown> = {},
  metadata: Partial<KubeObject['metadata']> = {},
): KubeObject {
  const object = {
    apiVersion,
    kind: 'AgentPolicy',
    metadata: { name: 'web', namespace: 'ci', uid: 'policy-uid', generation: 1, resourceVersion: '1', ...metadata },
    spec: { selector: { matchLabels: { app: 'runner' } }, mode: 'Enforce', egress: { default: 'Deny' }, ...spec },
  };
  return object;
}

/** The same, read. */
export function aPolicy(
  spec: Record<string, unknown> = {},
  metadata: Partial<KubeObject['metadata']> = {},
): AgentPolicy {
  return parseAgentPolicy(aPolicyObject(spec, metadata));
}

export interface PodParts {
  labels?: Record<string, string>;
  phase?: string;
  /** The policies whose image the pod carries. */
  carries?: readonly AgentPolicy[];
  /** What the sensor last said; `policyHash: 'carried'` stands for the hash of the carried image. */
  says?: { armed: boolean; policyHash?: string; reason?: string };
}

/** A running pod with a sensor, in the namespace `ci`. */
export function aPod({ labels = {}, phase = 'Running', carries, says }: PodParts = {}): Pod {
  const image = carries === undefined ? undefined : compilePolicyImage('ci', carries);
  const status = says?.policyHash === 'carried' ? { ...says, policyHash: image?.hash } : says;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'runner-1',
      namespace: 'ci',
      uid: 'pod-uid',
      labels: { app: 'runner', [sensorLabel]: sensorInjected, ...labels },
      annotations: {
        ...(image && { [policyAnnotation]: signPolicyImage(image.payload, key.privateKey) }),
        ...(status && { [sensorStatusAnnotation]: JSON.stringify(status) }),
      },
    },
    spec: { containers: [] },
    status: { phase },
  };
}

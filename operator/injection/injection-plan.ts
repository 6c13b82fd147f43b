import { createHash } from 'node:crypto';
import type { FileWatch } from '../../crds/agent-policy.ts';
import { canonicalJson, type JsonObject } from '../../crds/canonical-json.ts';
import type { Labels } from '../policy/select-policies.ts';

/** Everything that an injection puts into a pod; the same plan always gives the same patch. */
export interface InjectionPlan {
  /** The sensor's image, best by digest. */
  image: string;
  imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never';
  /** `https://chaperone-gateway.<namespace>.svc:8443` */
  gatewayUrl: string;
  /** The certificates by which the sensor knows the gateway, PEM. */
  gatewayCa: string;
  /** The Ed25519 key by which the sensor knows its policy image, PEM. */
  publicKey: string;
  /** What `signPolicyImage` gave. */
  signedPolicy: string;
  failureMode: 'Open' | 'Closed';
  /** The sensor attaches its hooks for files when it starts, so the pod's first policy decides. */
  fileWatch: FileWatch;
  /** Coding agents in the pod are asked to tell the sensor of themselves. */
  asksAgents: boolean;
  /** The stamped labels: `chaperone.dev/sensor`, and those by which NetworkPolicies select. */
  labels: Labels;
  /** How long the runner waits for the sensor to be armed. */
  armTimeoutSeconds: number;
  resources: SensorResources;
  /** Whether the runner's diagnostic log is shown to the sensor: for pods of ARC's shape. */
  diag: boolean;
}

export interface SensorResources {
  requests?: Record<string, string>;
  limits?: Record<string, string>;
}

/** Requests count for the pod's whole life, so they are small; the memory limit is what keeps a fault of ours from the node. */
export const defaultSensorResources: SensorResources = {
  requests: { cpu: '25m', memory: '64Mi' },
  limits: { memory: '128Mi' },
};

/** A pod as the API server sent it: raw, so that no field is lost that we do not know. */
export type RawPod = JsonObject;

/** Stands on the pod as `chaperone.dev/injected`; another digest there means another plan was injected. */
export function digestOf(parts: unknown): string {
  return `sha256:${createHash('sha256').update(canonicalJson(parts)).digest('hex')}`;
}

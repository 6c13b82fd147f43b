import type { V1NamespaceStatus } from '@kubernetes/client-node/dist/gen/models/V1NamespaceStatus.js';
import type { V1NetworkPolicySpec } from '@kubernetes/client-node/dist/gen/models/V1NetworkPolicySpec.js';
import type { V1PodSpec } from '@kubernetes/client-node/dist/gen/models/V1PodSpec.js';
import type { V1ServiceSpec } from '@kubernetes/client-node/dist/gen/models/V1ServiceSpec.js';

/** The metadata of an object as the API server sends it: times are RFC 3339 strings, unknown fields are kept. */
export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** Any object of the API as raw JSON. Objects from a store are frozen to the bottom; copy them before a change. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

export interface Namespace extends KubeObject {
  status?: V1NamespaceStatus;
}

export interface Pod extends KubeObject {
  spec: V1PodSpec;
  /** Only the part we read. */
  status?: { phase?: string; initContainerStatuses?: ContainerStatus[] };
}

/** How one container of a pod fares; only the part we read. */
export interface ContainerStatus {
  name: string;
  restartCount: number;
  state?: ContainerState;
  lastState?: ContainerState;
}

export interface ContainerState {
  terminated?: { exitCode: number; message?: string };
}

export interface Service extends KubeObject {
  spec: V1ServiceSpec;
}

export interface NetworkPolicy extends KubeObject {
  spec: V1NetworkPolicySpec;
}

export interface Secret extends KubeObject {
  type?: string;
  /** Values in base64. */
  data?: Record<string, string>;
}

/** One entry of a `MutatingWebhookConfiguration`; only the part we change is spelled out. */
export interface WebhookEntry {
  name: string;
  clientConfig: { caBundle?: string; url?: string; service?: { namespace: string; name: string; path?: string } };
}

export interface MutatingWebhookConfiguration extends KubeObject {
  webhooks?: WebhookEntry[];
}

/** The key of an object in stores and queues: `namespace/name`, or `name` for a cluster-scoped object. */
export function keyOf(object: KubeObject): string {
  return joinKey(object.metadata.namespace, object.metadata.name);
}

/** `namespace/name`, or `name` when there is no namespace. */
export function joinKey(namespace: string | undefined, name: string): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

/** The parts of a key; the namespace is undefined for a cluster-scoped object. */
export function splitKey(key: string): { namespace: string | undefined; name: string } {
  const slash = key.indexOf('/');
  return slash < 0
    ? { namespace: undefined, name: key }
    : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

import type { Labels } from '../policy/select-policies.ts';

/** The part of `networking.k8s.io/v1` NetworkPolicy that we write. An empty `to` or `ports` would mean everything, so both hold at least one entry or are absent. */
export interface NetworkPolicy {
  apiVersion: 'networking.k8s.io/v1';
  kind: 'NetworkPolicy';
  metadata: {
    name: string;
    namespace: string;
    labels: Labels;
    ownerReferences?: OwnerReference[];
  };
  spec: {
    podSelector: { matchLabels: Labels };
    policyTypes: ['Egress'];
    egress: NetworkPolicyEgress[];
  };
}

export interface NetworkPolicyEgress {
  to: NonEmpty<NetworkPolicyPeer>;
  ports?: NonEmpty<NetworkPolicyPort>;
}

export type NetworkPolicyPeer =
  | { ipBlock: { cidr: string; except?: string[] } }
  | { namespaceSelector: { matchLabels: Labels }; podSelector: { matchLabels: Labels } };

export interface NetworkPolicyPort {
  protocol: 'TCP' | 'UDP';
  port: number | string;
  endPort?: number;
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller: true;
  blockOwnerDeletion: true;
}

export type NonEmpty<T> = [T, ...T[]];

export function isNonEmpty<T>(items: T[]): items is NonEmpty<T> {
  return items.length > 0;
}

/** The label that Kubernetes puts on every namespace. */
export function namespaceNamed(name: string): { matchLabels: Labels } {
  return { matchLabels: { 'kubernetes.io/metadata.name': name } };
}

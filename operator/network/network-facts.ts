import type { Labels } from '../policy/select-policies.ts';

/** What the cluster says that a NetworkPolicy depends on, gathered before rendering. */
export interface NetworkFacts {
  /** The gateway's pods and the port on which they listen. */
  gateway: PodsOnPort;
  /** The cluster's resolver: its pods and the port on which they listen. */
  dns: PodsOnPort;
  /** By `namespace/name`; a Service that is missing here is one that does not exist (yet). */
  services: ReadonlyMap<string, ServiceFacts>;
}

export interface PodsOnPort {
  namespace: string;
  podLabels: Labels;
  port: number;
}

export interface ServiceFacts {
  /** `spec.selector`; null or empty where somebody else writes the endpoints. */
  selector: Labels | null;
  ports: readonly ServicePort[];
  /** The endpoints of a Service without a selector, from its EndpointSlices. */
  endpoints?: readonly ServiceEndpoints[];
}

/** One of `spec.ports`, with the API server's defaults filled in; a target port may be the name of a container's port. */
export interface ServicePort {
  name?: string;
  port: number;
  targetPort: number | string;
  protocol: 'TCP' | 'UDP' | 'SCTP';
}

/** One EndpointSlice: each address serves each port; a port's name is the name of the Service's port. */
export interface ServiceEndpoints {
  addresses: readonly string[];
  ports: readonly { name?: string; port: number; protocol: 'TCP' | 'UDP' | 'SCTP' }[];
}

/** The resolver of nearly every cluster: CoreDNS under the labels that kubeadm and the clouds give it. */
export const clusterDns: PodsOnPort = { namespace: 'kube-system', podLabels: { 'k8s-app': 'kube-dns' }, port: 53 };

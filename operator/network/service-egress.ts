import type { NetworkPort } from '../../crds/agent-policy.ts';
import type { NetworkFacts, ServiceEndpoints, ServiceFacts, ServicePort } from './network-facts.ts';
import { isNonEmpty, type NetworkPolicyEgress, type NetworkPolicyPort, namespaceNamed } from './network-policy.ts';

export interface ServiceEgress {
  egress: NetworkPolicyEgress[];
  /** Why nothing, or less than was written, is allowed. */
  warnings: string[];
}

/**
 * A Service as peers: its pods on its target ports, since a NetworkPolicy is judged after the Service's address was translated.
 * `ports` are ports of the Service; absent, all of them. What cannot be resolved is not allowed.
 */
export function resolveService(
  service: { namespace: string; name: string },
  ports: readonly NetworkPort[] | undefined,
  services: NetworkFacts['services'],
): ServiceEgress {
  const id = `${service.namespace}/${service.name}`;
  const facts = services.get(id);
  if (facts === undefined) return nothing(`there is no Service ${id}: nothing is allowed for it until it exists`);
  const missing = (ports ?? []).filter((port) => !facts.ports.some((offered) => includes(port, offered)));
  const wanted = facts.ports.filter((offered) => ports === undefined || ports.some((port) => includes(port, offered)));
  const egress = hasSelector(facts)
    ? podEgress(service.namespace, facts.selector, wanted)
    : endpointEgress(facts.endpoints ?? [], wanted);
  const warnings = missing.map(
    (port) => `the Service ${id} has no port ${describePort(port)}: write one of ${describeOffer(facts)}`,
  );
  if (egress.length > 0 || missing.length > 0) return { egress, warnings };
  return nothing(
    `the Service ${id} has neither a selector nor endpoints with a TCP or UDP port: name its destinations by cidr`,
  );
}

function nothing(warning: string): ServiceEgress {
  return { egress: [], warnings: [warning] };
}

function includes({ port, endPort = port, protocol }: NetworkPort, offered: ServicePort): boolean {
  return protocol === offered.protocol && port <= offered.port && offered.port <= endPort;
}

type SelectingService = ServiceFacts & { selector: NonNullable<ServiceFacts['selector']> };

function hasSelector(facts: ServiceFacts): facts is SelectingService {
  return facts.selector !== null && Object.keys(facts.selector).length > 0;
}

function podEgress(
  namespace: string,
  selector: SelectingService['selector'],
  wanted: ServicePort[],
): NetworkPolicyEgress[] {
  const ports = policyPorts(wanted.map(({ targetPort, protocol }) => ({ port: targetPort, protocol })));
  if (!isNonEmpty(ports)) return [];
  return [{ to: [{ namespaceSelector: namespaceNamed(namespace), podSelector: { matchLabels: selector } }], ports }];
}

function endpointEgress(slices: readonly ServiceEndpoints[], wanted: ServicePort[]): NetworkPolicyEgress[] {
  return slices.flatMap((slice) => {
    const to = slice.addresses.map((address) => ({
      ipBlock: { cidr: address.includes(':') ? `${address}/128` : `${address}/32` },
    }));
    const ports = policyPorts(slice.ports.filter((served) => wanted.some((port) => serves(served, port))));
    return isNonEmpty(to) && isNonEmpty(ports) ? [{ to, ports }] : [];
  });
}

/** An EndpointSlice's port belongs to the Service's port of the same name; a single port may have none. */
function serves(served: ServiceEndpoints['ports'][number], port: ServicePort): boolean {
  return (served.name ?? '') === (port.name ?? '') && served.protocol === port.protocol;
}

function policyPorts(ports: { port: number | string; protocol: ServicePort['protocol'] }[]): NetworkPolicyPort[] {
  const byKey = new Map<string, NetworkPolicyPort>();
  for (const { port, protocol } of ports) if (protocol !== 'SCTP') byKey.set(`${protocol} ${port}`, { protocol, port });
  return [...byKey.values()];
}

function describeOffer({ ports }: ServiceFacts): string {
  return ports.map(describePort).join(', ') || 'the ports it will have';
}

function describePort({
  port,
  endPort,
  protocol,
}: {
  port: number;
  endPort?: number | undefined;
  protocol: string;
}): string {
  return endPort === undefined ? `${port}/${protocol}` : `${port}-${endPort}/${protocol}`;
}

import { type AddressBlock, containsBlock, parseAddress, parseAddressBlock } from './address-block.ts';
import type { NetworkPort } from './agent-policy.ts';
import type { PolicyImage, PolicyImageRule } from './policy-image.ts';

/** A connection that a pod wants to make. `services` (`namespace/name`) are the Services that its address belongs to, if any. */
export interface Connection {
  address: string;
  /** `null`: whether any port is allowed. */
  port: number | null;
  protocol: 'TCP' | 'UDP';
  services?: readonly string[];
}

/** Which rule of which policy allows the connection; without one, the merged default decides. */
export type EgressVerdict =
  | { verdict: 'Allow'; policy: string; rule: string }
  | { verdict: 'Allow' | 'Deny'; policy: null; rule: null };

/** What the policy image says about a connection, exactly. DNS and the gateway, which a NetworkPolicy adds, are not part of it. */
export function explainEgress(image: Pick<PolicyImage, 'egress'>, connection: Connection): EgressVerdict {
  return egressExplainer(image)(connection);
}

/** The same for many connections: the rules are read once. */
export function egressExplainer({ egress }: Pick<PolicyImage, 'egress'>): (connection: Connection) => EgressVerdict {
  const rules = egress.rules.map(readRule);
  return (connection) => {
    const address = parseAddress(connection.address);
    const deciding = rules.find((rule) => reaches(rule, connection, address) && isOnPort(rule, connection));
    if (deciding !== undefined) return { verdict: 'Allow', policy: deciding.policy, rule: deciding.name };
    return { verdict: egress.default, policy: null, rule: null };
  };
}

interface ReadRule {
  readonly policy: string;
  readonly name: string;
  readonly block: AddressBlock | null;
  readonly except: readonly AddressBlock[];
  readonly service: string | null;
  readonly ports: readonly NetworkPort[] | null;
}

function readRule({ policy, name, cidr, except = [], service, ports }: PolicyImageRule): ReadRule {
  return {
    policy,
    name,
    block: cidr === undefined ? null : parseAddressBlock(cidr),
    except: except.flatMap((text) => parseAddressBlock(text) ?? []),
    service: service === undefined ? null : `${service.namespace}/${service.name}`,
    ports: ports ?? null,
  };
}

function reaches({ block, except, service }: ReadRule, { services = [] }: Connection, address: AddressBlock | null) {
  if (service !== null) return services.includes(service);
  if (block === null || address === null) return false;
  return containsBlock(block, address) && !except.some((outside) => containsBlock(outside, address));
}

function isOnPort({ ports }: ReadRule, { port, protocol }: Connection): boolean {
  return port === null || ports === null || ports.some((listed) => includesPort(listed, { port, protocol }));
}

/** Whether the port or range of ports holds the connection's port. */
function includesPort(
  { port, endPort = port, protocol }: NetworkPort,
  connection: { port: number; protocol: 'TCP' | 'UDP' },
): boolean {
  return protocol === connection.protocol && port <= connection.port && connection.port <= endPort;
}

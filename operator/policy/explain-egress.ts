import { containsBlock, parseAddress, parseAddressBlock } from '../../crds/address-block.ts';
import type { NetworkPort } from '../../crds/agent-policy.ts';
import type { PolicyImage, PolicyImageRule } from '../../crds/policy-image.ts';

/** A connection that a pod wants to make. `services` (`namespace/name`) are the Services that its address belongs to, if any. */
export interface Connection {
  address: string;
  port: number;
  protocol: 'TCP' | 'UDP';
  services?: readonly string[];
}

/** Which rule of which policy allows the connection; without one, the merged default decides. */
export type EgressVerdict =
  | { verdict: 'Allow'; policy: string; rule: string }
  | { verdict: 'Allow' | 'Deny'; policy: null; rule: null };

/** What the policy image says about a connection, exactly. DNS and the gateway, which a NetworkPolicy adds, are not part of it. */
export function explainEgress(image: PolicyImage, connection: Connection): EgressVerdict {
  const deciding = image.egress.rules.find((rule) => allows(rule, connection));
  if (deciding !== undefined) return { verdict: 'Allow', policy: deciding.policy, rule: deciding.name };
  return { verdict: image.egress.default, policy: null, rule: null };
}

function allows(rule: PolicyImageRule, connection: Connection): boolean {
  return (
    reaches(rule, connection) && (rule.ports === undefined || rule.ports.some((port) => includesPort(port, connection)))
  );
}

function reaches({ cidr, except = [], service }: PolicyImageRule, { address, services = [] }: Connection): boolean {
  if (service !== undefined) return services.includes(`${service.namespace}/${service.name}`);
  return cidr !== undefined && blockHolds(cidr, address) && !except.some((block) => blockHolds(block, address));
}

function blockHolds(blockText: string, addressText: string): boolean {
  const block = parseAddressBlock(blockText);
  const address = parseAddress(addressText);
  return block !== null && address !== null && containsBlock(block, address);
}

/** Whether the port or range of ports holds the connection's port. */
export function includesPort(
  { port, endPort = port, protocol }: NetworkPort,
  connection: Pick<Connection, 'port' | 'protocol'>,
): boolean {
  return protocol === connection.protocol && port <= connection.port && connection.port <= endPort;
}

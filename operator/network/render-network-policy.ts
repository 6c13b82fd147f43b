import type { AgentPolicy, EgressRule, NetworkPort } from '../../crds/agent-policy.ts';
import {
  apiVersion,
  egressDefaultDeny,
  egressDefaultLabel,
  networkPolicyNameFor,
  policyLabel,
  policyLabelEnforce,
} from '../../crds/names.ts';
import type { Labels } from '../policy/select-policies.ts';
import type { NetworkFacts, PodsOnPort } from './network-facts.ts';
import {
  isNonEmpty,
  type NetworkPolicy,
  type NetworkPolicyEgress,
  type NonEmpty,
  namespaceNamed,
  type OwnerReference,
} from './network-policy.ts';
import { resolveService } from './service-egress.ts';

/**
 * The NetworkPolicy that holds the policy's pods independently of their sensors: whatever it does not name is refused.
 * `null` where nothing is to be held: under Audit, and for a default of Allow without rules.
 * A policy with default Allow adds its rules to pods that another policy denies the rest, and leaves all others alone.
 */
export function renderNetworkPolicy(policy: AgentPolicy, facts: NetworkFacts): NetworkPolicy | null {
  if (!isHolding(policy)) return null;
  const { name, namespace, uid } = policy.metadata;
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: {
      name: networkPolicyName(policy),
      namespace,
      labels: { 'app.kubernetes.io/managed-by': 'chaperone' },
      ...(uid !== undefined && { ownerReferences: [ownedBy(name, uid)] }),
    },
    spec: {
      podSelector: { matchLabels: selectedLabels(policy) },
      policyTypes: ['Egress'],
      egress: [
        podsOnPort(facts.dns, ['UDP', 'TCP']),
        podsOnPort(facts.gateway, ['TCP']),
        ...policy.spec.egress.rules.flatMap((rule) => resolveRule(rule, facts).egress),
      ],
    },
  };
}

/** What the NetworkPolicy cannot allow although the policy says so, one sentence each with the rule's path; for a condition's message. */
export function networkWarnings(policy: AgentPolicy, facts: NetworkFacts): string[] {
  if (!isHolding(policy)) return [];
  return policy.spec.egress.rules.flatMap((rule) =>
    resolveRule(rule, facts).warnings.map((warning) => `spec.egress.rules[name=${rule.name}]: ${warning}`),
  );
}

/** The name of the NetworkPolicy of an AgentPolicy, in the same namespace. */
function networkPolicyName(policy: Pick<AgentPolicy, 'metadata'>): string {
  return networkPolicyNameFor(policy.metadata.name);
}

/** Whether the policy asks for a NetworkPolicy at all. */
export function isHolding({ spec }: AgentPolicy): boolean {
  return spec.mode === 'Enforce' && (spec.egress.default === 'Deny' || spec.egress.rules.length > 0);
}

function ownedBy(name: string, uid: string): OwnerReference {
  return { apiVersion, kind: 'AgentPolicy', name, uid, controller: true, blockOwnerDeletion: true };
}

/** By labels that only the webhook stamps: the user's own may change while the pod runs. */
function selectedLabels({ metadata, spec }: AgentPolicy): Labels {
  const named = { [policyLabel(metadata.name)]: policyLabelEnforce };
  return spec.egress.default === 'Deny' ? named : { ...named, [egressDefaultLabel]: egressDefaultDeny };
}

function podsOnPort(
  { namespace, podLabels, port }: PodsOnPort,
  [first, ...others]: NonEmpty<'TCP' | 'UDP'>,
): NetworkPolicyEgress {
  return {
    to: [{ namespaceSelector: namespaceNamed(namespace), podSelector: { matchLabels: podLabels } }],
    ports: [{ protocol: first, port }, ...others.map((protocol) => ({ protocol, port }))],
  };
}

function resolveRule(
  { to, ports }: EgressRule,
  { services }: NetworkFacts,
): { egress: NetworkPolicyEgress[]; warnings: string[] } {
  const blocks = to.flatMap(({ cidr, except = [] }) =>
    cidr === undefined ? [] : [{ ipBlock: { cidr, ...(isNonEmpty(except) && { except }) } }],
  );
  const resolved = to.flatMap(({ service }) =>
    service === undefined ? [] : [resolveService(service, ports, services)],
  );
  const direct = isNonEmpty(blocks) ? [{ to: blocks, ...onPorts(ports) }] : [];
  return {
    egress: [...direct, ...resolved.flatMap(({ egress }) => egress)],
    warnings: resolved.flatMap(({ warnings }) => warnings),
  };
}

function onPorts(ports: readonly NetworkPort[] | undefined): { ports?: NonNullable<NetworkPolicyEgress['ports']> } {
  const listed = (ports ?? []).map(({ protocol, port, endPort }) => ({
    protocol,
    port,
    ...(endPort !== undefined && { endPort }),
  }));
  return isNonEmpty(listed) ? { ports: listed } : {};
}

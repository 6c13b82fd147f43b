import type { Rule } from './rule.ts';

const judged =
  'Judged by the address and port that the process connects to, and Services by the name that it was resolved from.';
const unjudged =
  'Not judged, and no finding: loopback and the pod’s own addresses, multicast, port 53 of private addresses (the cluster’s resolver), the gateway, other protocols than TCP and UDP; and a private address without a name, or with a Service’s, where a rule names a Service or private blocks, since addresses of Services are translated before the NetworkPolicy sees them.';

/** What a policy with `egress.default: Deny` makes of what a job does. */
export const policyRules = {
  'egress-would-refuse': {
    title: 'Would be refused',
    severity: 'Low',
    category: 'Policy',
    act: 'connected to {}, which the policy would refuse',
    when: `Under \`mode: Audit\`, a connection is asked for, or datagrams are sent, that no rule of the policies allows. ${judged}`,
    reason:
      'That is what Audit is for: it says what Enforce would break, and what leads where nobody meant a job to go.',
    source: 'docs/agentpolicy.md; NetworkPolicy of Kubernetes',
    look: 'whether the job needs the host',
    refuse: 'set `mode: Enforce`; to allow it, write an egress rule for it first',
    grades: unjudged,
    blind: 'Through a proxy the proxy’s address is what is judged.',
    fires: 'under Audit a connection that no rule allows would be refused, under Enforce it is',
    quiet: 'what a rule allows, what no NetworkPolicy judges and what cannot be told is no finding',
  },
  'egress-refused': {
    title: 'Refused by the policy',
    severity: 'Medium',
    category: 'Policy',
    act: 'tried to connect to {}, which the policy refuses',
    when: `Under \`mode: Enforce\`, a connection is asked for, or datagrams are sent, that no rule of the policies allows; the NetworkPolicy refuses it. ${judged}`,
    reason:
      'A job that is held to its hosts and tries another one is broken, or does something that nobody meant it to.',
    source: 'docs/agentpolicy.md; NetworkPolicy of Kubernetes',
    look: 'what the process wanted there, and whether the job needs the host',
    refuse: 'nothing more is needed; to allow it, write an egress rule for it',
    grades: unjudged,
    blind:
      'It is told when it is tried. That it did not come through is seen on the connection’s span; where it did, `egress-not-held` follows.',
    fires: 'under Audit a connection that no rule allows would be refused, under Enforce it is',
    quiet: 'what a rule allows, what no NetworkPolicy judges and what cannot be told is no finding',
  },
  'egress-not-held': {
    title: 'Policy does not hold',
    severity: 'High',
    category: 'Policy',
    act: 'reached {}, which the policy refuses',
    when: 'Under `mode: Enforce`, the other side took a connection that no rule of the policies allows, or answered a datagram.',
    reason:
      'What was meant to be held is not: the network plug-in does not enforce NetworkPolicies, had not yet applied this one, or another NetworkPolicy opens more.',
    source: 'Kubernetes, Network Policies: they need a plug-in that implements them, and add up',
    look: 'the conditions of the AgentPolicy, other NetworkPolicies of the namespace, the network plug-in, and what was sent',
    refuse: 'use a network plug-in that enforces NetworkPolicies, and remove what opens more than the AgentPolicy',
    grades: `${unjudged} Also not seen as such: a public address of the cluster’s own load balancer, which some clusters translate to a pod that a rule allows.`,
    blind:
      'A connection that stays open and sends neither TLS nor an HTTP CONNECT is known to have been taken when it ends.',
    fires: 'under Enforce a connection that came through although no rule allows it is a High finding',
    quiet: 'what a rule allows, what no NetworkPolicy judges and what cannot be told is no finding',
  },
  'name-outside': {
    title: 'Name outside the policy',
    severity: 'Info',
    category: 'Policy',
    act: 'looked up {}, none of whose addresses the policy allows',
    when: 'A process ends that asked for a name, was given only addresses that no rule of the policies allows on any port, and nothing in the job connected to it.',
    reason: 'The question itself already reached a resolver, and what was asked is what would be connected to next.',
    source: 'docs/agentpolicy.md; rules for names are not part of the policy yet, so the addresses decide',
    look: 'what asked for it, and why',
    refuse: 'let pods ask only a resolver that answers for names you allow',
    grades: 'Low under Enforce. A name that was connected to is told by the connection alone.',
    blind: 'Names without an answer; names beyond the last 64 of a process.',
    fires: 'a name that leads only outside of the policy is found where no connection follows',
    quiet: 'what a rule allows, what no NetworkPolicy judges and what cannot be told is no finding',
  },
} as const satisfies Readonly<Record<string, Rule>>;

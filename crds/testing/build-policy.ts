import type { z } from 'zod';
import { type AgentPolicy, type agentPolicySpec, parseAgentPolicy } from '../agent-policy.ts';

/** A policy of the namespace `ci` that selects every pod and audits, but for what is given. */
export function buildPolicy(
  name: string,
  spec: Partial<z.input<typeof agentPolicySpec>> = {},
  metadata: object = {},
): AgentPolicy {
  return parseAgentPolicy({
    apiVersion: 'chaperone.dev/v1alpha1',
    kind: 'AgentPolicy',
    metadata: { name, namespace: 'ci', uid: `uid-of-${name}`, generation: 1, ...metadata },
    spec: { selector: {}, mode: 'Audit', ...spec },
  });
}

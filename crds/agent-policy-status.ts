import * as z from 'zod';
import { described, listMap } from './field-rule.ts';

const count = z.int().min(0).meta({ format: 'int32' });

const total = z.int().min(0).meta({ format: 'int64' });

/** `metav1.Condition`. */
const condition = z.strictObject({
  type: described(
    z.string().min(1).max(316),
    '`Accepted`, `NetworkPolicyReady`, `SensorAdmitted`, `SensorsCurrent` or `Ready`.',
  ),
  status: described(z.enum(['True', 'False', 'Unknown']), 'Whether the condition holds.'),
  observedGeneration: described(
    z.int().min(0).meta({ format: 'int64' }),
    'The generation of the policy that the condition is about.',
  ).optional(),
  lastTransitionTime: described(z.string().min(1).max(64).meta({ format: 'date-time' }), 'When `status` last changed.'),
  reason: described(z.string().min(1).max(1024), 'Why, in one word for programs.'),
  message: described(z.string().max(32768), 'Why, in a sentence for people; names the field that is wrong.'),
});

export const agentPolicyStatus = z.strictObject({
  observedGeneration: described(
    z.int().min(0).meta({ format: 'int64' }),
    'The generation of the policy that this status is about.',
  ).optional(),
  hash: described(
    z.string().max(71),
    'The hash of the policy alone, compiled: `sha256:` and 64 hex digits.',
  ).optional(),
  runners: described(
    z.strictObject({
      matched: described(count, 'Running pods with a sensor that are under the policy.'),
      current: described(count, 'Of these, the pods whose sensor holds the latest policy.'),
      stale: described(count, 'Of these, the pods whose sensor holds an older policy, or is not armed.'),
      unheld: described(
        count,
        'Under `Enforce`, pods that the policy would hold and that have no sensor, so that nothing holds them: made while the operator was away, or before the namespace was chosen.',
      ).optional(),
    }),
    'The pods that are under the policy.',
  ).optional(),
  findings: described(
    z.strictObject({
      critical: described(total, 'Critical ones: somebody must look now.'),
      high: described(total, 'High ones.'),
      medium: described(total, 'Medium ones.'),
      low: described(total, 'Low ones.'),
      info: described(total, 'Those that are worth knowing.'),
      last: described(z.string().min(1).max(64).meta({ format: 'date-time' }), 'When the latest was first seen.'),
    }),
    'Findings in pods that were under the policy, since it was made; one that was seen often counts once. Written by the gateway.',
  ).optional(),
  conditions: described(
    listMap(z.array(described(condition, 'One aspect of the state.')).max(16), 'type'),
    'The state of the policy: `Ready` sums the others up.',
  ).optional(),
});

export type AgentPolicyStatus = z.output<typeof agentPolicyStatus>;
export type FindingCounts = NonNullable<AgentPolicyStatus['findings']>;
export type Condition = z.output<typeof condition>;

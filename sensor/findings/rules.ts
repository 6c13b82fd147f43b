import type { FindingRule } from '../../crds/finding-rules.ts';
import type { Rule } from './rule.ts';
import { agentRules } from './rules-of-agents.ts';
import { changeRules } from './rules-of-changes.ts';
import { networkRules } from './rules-of-network.ts';
import { policyRules } from './rules-of-policy.ts';
import { processRules } from './rules-of-processes.ts';

/** Every rule by its name: the one source of docs/findings.md and of what findings say. */
export const rules = {
  ...processRules,
  ...networkRules,
  ...changeRules,
  ...policyRules,
  ...agentRules,
} as const satisfies Readonly<Record<FindingRule, Rule>>;

export type RuleName = FindingRule;

export const ruleNames = Object.keys(rules) as RuleName[];

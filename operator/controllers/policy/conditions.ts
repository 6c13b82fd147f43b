import type { Condition } from '../../../crds/agent-policy-status.ts';

/** One condition as a decision states it; the rest is filled in by `mergeConditions`. */
export interface Statement {
  type: 'Accepted' | 'NetworkPolicyReady' | 'SensorAdmitted' | 'SensorsCurrent' | 'Ready';
  status: 'True' | 'False' | 'Unknown';
  /** One word in CamelCase. */
  reason: string;
  /** One sentence. */
  message: string;
}

/** The reason of `NetworkPolicyReady` where no NetworkPolicy is made because nothing is to be held. */
export const notNeeded = 'NotNeeded';

/** Room for the longest message in `metav1.Condition`. */
const MESSAGE_LIMIT = 32_768;

/**
 * The conditions of a status: `lastTransitionTime` moves only when a status flips, so that an unchanged state is an unchanged object.
 * `now` is in milliseconds since 1970.
 */
export function mergeConditions(
  before: readonly Condition[],
  statements: readonly Statement[],
  { generation, now }: { generation: number; now: number },
): Condition[] {
  return statements.map(({ type, status, reason, message }) => {
    const known = before.find((condition) => condition.type === type);
    const isSame = known !== undefined && known.status === status;
    return {
      type,
      status,
      observedGeneration: generation,
      // metav1.Time has whole seconds.
      lastTransitionTime: isSame ? known.lastTransitionTime : new Date(now).toISOString().replace(/\.\d+Z$/, 'Z'),
      reason,
      message: message.slice(0, MESSAGE_LIMIT),
    };
  });
}

/** The reason of `NetworkPolicyReady` while a rule has nothing to allow. */
export const appliedInPart = 'AppliedInPart';

/** Sums the others up: true when all hold; else what does not hold, in words. */
export function summarise(statements: readonly Statement[]): Statement {
  const missing = statements.filter(({ status }) => status !== 'True');
  const [first] = missing;
  if (first === undefined) {
    const partly = statements.find(({ reason }) => reason === appliedInPart);
    const message = partly ? `In force, in part: ${partly.message}` : 'The policy is in force as written.';
    return { type: 'Ready', status: 'True', reason: 'Ready', message };
  }
  return {
    type: 'Ready',
    status: 'False',
    reason: first.reason,
    message: missing.map(({ message }) => message).join(' '),
  };
}

/** The names of the span and resource attributes that are ours; all others are OpenTelemetry's semantic conventions. */

/** Step span: its place in the job, from 1. */
export const stepOrdinal = 'chaperone.step.ordinal';
/** Step span: the step's id in the workflow, such as `build`. */
export const stepId = 'chaperone.step.id';
/** Step span: the action that the step uses, such as `actions/checkout@v4`. */
export const stepUses = 'chaperone.step.uses';
/** Step span: `pre`, `main` or `post`. */
export const stepStage = 'chaperone.step.stage';

/** Job span: the policies that select the pod, their mode and the hash of the policy image. */
export const policyName = 'chaperone.policy.name';
export const policyMode = 'chaperone.policy.mode';
export const policyHash = 'chaperone.policy.hash';

import type { FileWatch } from '../../crds/agent-policy.ts';

import { policyHash, policyMode, policyName } from '../../crds/attributes.ts';
import type { PolicyImageAgent } from '../../crds/policy-image.ts';
import type { EgressView } from '../policy/egress-view.ts';
import type { Attributes } from './finished-span.ts';
import { known } from './text.ts';

export type TraceScope = 'Run' | 'Job';

/** What spans need to know of the policy in force. */
export interface PolicyView {
  /** Names of the policies that select the pod. */
  readonly names: readonly string[];
  readonly mode: 'Audit' | 'Enforce';
  /** `sha256:…` of the policy image; empty without one. */
  readonly hash: string;
  readonly processes: 'All' | 'None';
  /** What has a trace of its own: the workflow run, or each of its jobs. */
  readonly scope: TraceScope;
  readonly files: {
    readonly watch: FileWatch;
    /** Folders whose changes are listed besides those of the job. */
    readonly paths: readonly string[];
  };
  /** What connections are judged by; `null` where everything is allowed. */
  readonly egress: EgressView | null;
  /** Coding agents besides those that are known. */
  readonly agents: readonly PolicyImageAgent[];
  /** Globs over names of arguments and variables. */
  readonly redact: readonly string[];
  /** Why a newer policy file was not taken, one sentence; empty when nothing is wrong. */
  readonly error: string;
  /** Its signature was not the operator's. */
  readonly isForged: boolean;
}

/** No policy selects the pod: everything is traced, nothing is held. */
export const noPolicy: PolicyView = {
  names: [],
  mode: 'Audit',
  hash: '',
  processes: 'All',
  scope: 'Run',
  files: { watch: 'Auto', paths: [] },
  egress: null,
  agents: [],
  redact: [],
  error: '',
  isForged: false,
};

/** The policy in force, as attributes of the job's span. */
export function policyAttributes(policy: PolicyView): Attributes {
  const { names, mode, hash, error } = policy;
  return known({
    [policyName]: names.join(','),
    [policyMode]: names.length > 0 ? mode : null,
    [policyHash]: hash,
    'chaperone.policy.error': error,
  });
}

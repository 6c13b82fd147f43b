import {
  egressDefaultDeny,
  egressDefaultLabel,
  policyLabel,
  policyLabelEnforce,
  sensorInjected,
  sensorLabel,
} from '../../crds/names.ts';
import type { PolicyImage } from '../../crds/policy-image.ts';
import type { Labels } from './select-policies.ts';

/** The labels that the webhook stamps on a pod with this policy image: that it has a sensor, and what its NetworkPolicies select by. */
export function stampedLabels({ mode, policies, egress }: PolicyImage): Labels {
  const enforcing = policies.filter((policy) => policy.mode === 'Enforce');
  return {
    [sensorLabel]: sensorInjected,
    ...Object.fromEntries(enforcing.map(({ name }) => [policyLabel(name), policyLabelEnforce])),
    ...(mode === 'Enforce' && egress.default === 'Deny' && { [egressDefaultLabel]: egressDefaultDeny }),
  };
}

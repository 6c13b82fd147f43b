import { enforceNamespaceLabel } from '../../../crds/names.ts';
import type { JsonPatchOperation } from '../../kube/client.ts';
import type { KubeObject, Namespace } from '../../kube/objects.ts';
import { jsonPointer } from '../json-pointer.ts';

const enforced = 'true';

/** The patch that makes the namespace's label say whether an Enforce policy lives there; empty when it does already. */
export function decideNamespace({ metadata }: Namespace, policies: readonly KubeObject[]): JsonPatchOperation[] {
  const wanted = policies.some(isEnforcing);
  const present = metadata.labels?.[enforceNamespaceLabel];
  const path = jsonPointer('metadata', 'labels', enforceNamespaceLabel);
  if (wanted && metadata.labels === undefined) {
    return [{ op: 'add', path: jsonPointer('metadata', 'labels'), value: { [enforceNamespaceLabel]: enforced } }];
  }
  if (wanted) return present === enforced ? [] : [{ op: 'add', path, value: enforced }];
  return present === undefined ? [] : [{ op: 'remove', path }];
}

/** Whether the policy means to hold new pods. One that is not accepted counts as well: its pods are turned away rather than let go unheld. */
export function isEnforcing(policy: KubeObject): boolean {
  const { spec } = policy as { spec?: { mode?: unknown } };
  return policy.metadata.deletionTimestamp === undefined && spec?.mode === 'Enforce';
}

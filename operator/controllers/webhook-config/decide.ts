import { apiGroup } from '../../../crds/names.ts';
import type { JsonPatchOperation } from '../../kube/client.ts';
import type { MutatingWebhookConfiguration } from '../../kube/objects.ts';
import { jsonPointer } from '../json-pointer.ts';

/** The patch that gives our entries this bundle of certificates (PEM); empty when they have it. */
export function decideWebhookConfig(
  { webhooks = [] }: MutatingWebhookConfiguration,
  bundle: string,
): JsonPatchOperation[] {
  const value = Buffer.from(bundle).toString('base64');
  return webhooks.flatMap(({ name, clientConfig }, index): JsonPatchOperation[] => {
    if (!name.endsWith(`.${apiGroup}`) || clientConfig.caBundle === value) return [];
    return [
      // Entries have no key in the patch but their place, which another writer may have changed.
      { op: 'test', path: jsonPointer('webhooks', index, 'name'), value: name },
      { op: 'add', path: jsonPointer('webhooks', index, 'clientConfig', 'caBundle'), value },
    ];
  });
}

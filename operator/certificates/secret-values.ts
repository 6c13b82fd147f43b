import type { KubeClient } from '../kube/client.ts';
import { isConflict, isNotFound } from '../kube/errors.ts';
import type { Secret } from '../kube/objects.ts';
import { secrets } from '../kube/resources.ts';

/** Where a Secret is kept, and through what. */
export interface SecretPlace {
  client: KubeClient;
  namespace: string;
  name: string;
}

/** A Secret's values as text, and the version that a replacement must not have been overtaken by; null when there is no such Secret. */
export interface SecretValues {
  values: Record<string, string>;
  resourceVersion: string | null;
}

/** Reads a Secret; one that does not exist has no values and no version. */
export async function readSecret({ client, namespace, name }: SecretPlace): Promise<SecretValues> {
  try {
    const secret = await client.get<Secret>(secrets, { namespace, name });
    const values = Object.entries(secret.data ?? {}).map(([key, value]) => [
      key,
      Buffer.from(value, 'base64').toString(),
    ]);
    return { values: Object.fromEntries(values), resourceVersion: secret.metadata.resourceVersion ?? null };
  } catch (error) {
    if (isNotFound(error)) return { values: {}, resourceVersion: null };
    throw error;
  }
}

/** Creates the Secret, or replaces the version that was read. False when another replica was faster: read again. */
export async function writeSecret(place: SecretPlace, type: string, next: SecretValues): Promise<boolean> {
  const object = secretObject(place, type, next);
  try {
    if (next.resourceVersion === null) await place.client.create(secrets, object);
    else await place.client.update(secrets, object);
    return true;
  } catch (error) {
    // 404: the version that was read has been deleted since.
    if (isConflict(error) || isNotFound(error)) return false;
    throw error;
  }
}

function secretObject({ namespace, name }: SecretPlace, type: string, next: SecretValues): Secret {
  const labels = { 'app.kubernetes.io/part-of': 'chaperone', 'app.kubernetes.io/managed-by': 'chaperone-operator' };
  const data = Object.entries(next.values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace,
      labels,
      ...(next.resourceVersion === null ? {} : { resourceVersion: next.resourceVersion }),
    },
    type,
    data: Object.fromEntries(data),
  };
}

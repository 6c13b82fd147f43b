import type { KubeClient } from '../../kube/client.ts';
import { KubeError } from '../../kube/errors.ts';
import type { KubeObject, Secret } from '../../kube/objects.ts';

/** Keeps Secrets in memory with the API server's rules about versions: a name exists once, and a replacement names the version it replaces. */
export interface SecretClient extends KubeClient {
  readonly stored: Map<string, Secret>;
  /** Called before each write, for a test that lets another replica be faster. */
  beforeWrite: () => void;
}

export function createSecretClient(): SecretClient {
  const stored = new Map<string, Secret>();
  let version = 0;
  const save = <T extends KubeObject>(object: T): T => {
    version += 1;
    const saved = { ...structuredClone(object), metadata: { ...object.metadata, resourceVersion: String(version) } };
    stored.set(object.metadata.name, saved);
    return saved;
  };
  const client = {
    stored,
    beforeWrite: (): void => undefined,
    async get<T extends KubeObject>(_resource: unknown, { name }: { name: string }): Promise<T> {
      const found = stored.get(name);
      if (found === undefined) throw new KubeError('kube-status', 'not found', { status: 404, reason: 'NotFound' });
      return structuredClone(found) as KubeObject as T;
    },
    async create<T extends KubeObject>(_resource: unknown, object: T): Promise<T> {
      client.beforeWrite();
      if (stored.has(object.metadata.name)) throw conflict();
      return save(object);
    },
    async update<T extends KubeObject>(_resource: unknown, object: T): Promise<T> {
      client.beforeWrite();
      if (stored.get(object.metadata.name)?.metadata.resourceVersion !== object.metadata.resourceVersion)
        throw conflict();
      return save(object);
    },
  };
  // Only Secrets are kept by it; anything else a test would notice by a TypeError.
  return client as unknown as SecretClient;
}

function conflict(): KubeError {
  return new KubeError('kube-status', 'conflict', { status: 409, reason: 'Conflict' });
}

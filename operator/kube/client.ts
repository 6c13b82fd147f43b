import type { KubeObject } from './objects.ts';
import type { ObjectName, Resource } from './resources.ts';

/** Who writes by server-side apply, and whether fields are taken from another writer. */
export interface ApplyOptions {
  fieldManager: string;
  /** Take over fields that another manager owns instead of failing with 409. */
  force?: boolean;
}

/** One operation of RFC 6902. */
export interface JsonPatchOperation {
  op: 'add' | 'remove' | 'replace' | 'test' | 'move' | 'copy';
  path: string;
  value?: unknown;
  from?: string;
}

export interface ListOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
}

/** What the API server says about a bearer token. */
export interface TokenReviewStatus {
  authenticated?: boolean;
  audiences?: string[];
  error?: string;
  user?: { username?: string; uid?: string; groups?: string[]; extra?: Record<string, string[]> };
}

/** Our client of the Kubernetes API: raw JSON in and out. Every method rejects with a KubeError. */
export interface KubeClient {
  get<T extends KubeObject>(resource: Resource, name: ObjectName): Promise<T>;
  /** All objects, read in pages of 500. */
  list<T extends KubeObject>(resource: Resource, options?: ListOptions): Promise<T[]>;
  create<T extends KubeObject>(resource: Resource, object: T): Promise<T>;
  /** Replaces the object; with `metadata.resourceVersion` set, a change by another since then is a 409. */
  update<T extends KubeObject>(resource: Resource, object: T): Promise<T>;
  /** Deletes one object; with `uid`, only if it is still that one. An object that is not there is no error. */
  delete(resource: Resource, name: ObjectName, options?: { uid?: string }): Promise<void>;
  patchJson<T extends KubeObject>(
    resource: Resource,
    name: ObjectName,
    patch: readonly JsonPatchOperation[],
  ): Promise<T>;
  /** Server-side apply of the whole object; `apiVersion` and `kind` are filled in. */
  apply<T extends KubeObject>(resource: Resource, object: T, options: ApplyOptions): Promise<T>;
  /** Server-side apply of the status subresource. */
  applyStatus<T extends KubeObject>(resource: Resource, object: T, options: ApplyOptions): Promise<T>;
  tokenReview(token: string, audiences: readonly string[]): Promise<TokenReviewStatus>;
}

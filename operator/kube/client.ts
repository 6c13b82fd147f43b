import { isNotFound } from './errors.ts';
import { listAll } from './listing.ts';
import type { KubeObject } from './objects.ts';
import { apiVersionOf, collectionPath, type ObjectName, objectPath, type Resource, tokenReviews } from './resources.ts';
import type { ApiRequest, Transport } from './transport.ts';

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
  /** Goes through all of admission and keeps nothing: gives the object as it would have been made, or rejects as `create` would. */
  tryCreate<T extends KubeObject>(resource: Resource, object: T): Promise<T>;
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

/** The client over a transport. */
export function createClient(transport: Transport): KubeClient {
  return {
    get: (resource, name) => transport.request({ method: 'GET', path: objectPath(resource, name) }),
    list: async <T extends KubeObject>(resource: Resource, options: ListOptions = {}) =>
      (await listAll<T>(transport, { resource, ...options })).items,
    create: (resource, object) => transport.request(createRequest(resource, object)),
    tryCreate: (resource, object) =>
      transport.request({ ...createRequest(resource, object), query: { dryRun: 'All' } }),
    update: (resource, object) =>
      transport.request({ method: 'PUT', path: pathOf(resource, object), body: typed(resource, object) }),
    delete: (resource, name, options = {}) => deleteObject(transport, objectPath(resource, name), options.uid),
    patchJson: (resource, name, patch) =>
      transport.request({
        method: 'PATCH',
        path: objectPath(resource, name),
        body: patch,
        contentType: 'application/json-patch+json',
      }),
    apply: (resource, object, options) => transport.request(applyRequest(resource, object, options)),
    applyStatus: (resource, object, options) =>
      transport.request({
        ...applyRequest(resource, object, options),
        path: objectPath(resource, object.metadata, 'status'),
      }),
    tokenReview: (token, audiences) => reviewToken(transport, token, audiences),
  };
}

function createRequest(resource: Resource, object: KubeObject): ApiRequest {
  return {
    method: 'POST',
    path: collectionPath(resource, object.metadata.namespace),
    body: typed(resource, object),
  };
}

async function deleteObject(transport: Transport, path: string, uid: string | undefined): Promise<void> {
  const preconditions = uid === undefined ? {} : { preconditions: { uid } };
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background', ...preconditions };
  try {
    await transport.request({ method: 'DELETE', path, body });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

function applyRequest(resource: Resource, object: KubeObject, { fieldManager, force }: ApplyOptions): ApiRequest {
  return {
    method: 'PATCH',
    path: pathOf(resource, object),
    query: { fieldManager, force: force ?? false },
    body: typed(resource, object),
    // JSON is YAML; the API server knows apply patches by this type alone.
    contentType: 'application/apply-patch+yaml',
  };
}

async function reviewToken(
  transport: Transport,
  token: string,
  audiences: readonly string[],
): Promise<TokenReviewStatus> {
  const review = await transport.request<{ status?: TokenReviewStatus }>({
    method: 'POST',
    path: collectionPath(tokenReviews),
    body: { apiVersion: apiVersionOf(tokenReviews), kind: tokenReviews.kind, spec: { token, audiences } },
  });
  return review.status ?? {};
}

function pathOf(resource: Resource, object: KubeObject): string {
  return objectPath(resource, object.metadata);
}

function typed<T extends KubeObject>(resource: Resource, object: T): T {
  return { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind };
}

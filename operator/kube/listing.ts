import { isExpired, KubeError } from './errors.ts';
import type { KubeObject } from './objects.ts';
import { apiVersionOf, collectionPath, type Resource } from './resources.ts';
import type { Transport } from './transport.ts';

/** Objects a page, as client-go. */
const PAGE_SIZE = 500;

/** Which objects of a kind. */
export interface Selection {
  resource: Resource;
  /** All namespaces when undefined. */
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
}

/** A consistent list, and the version from which a watch goes on. */
export interface Listing<T extends KubeObject> {
  items: T[];
  resourceVersion: string;
}

interface Page<T extends KubeObject> {
  items?: T[] | null;
  metadata?: { resourceVersion?: string; continue?: string };
}

export interface ListingOptions<T extends KubeObject> {
  signal?: AbortSignal;
  /** Called page by page, so that a long list is never in memory with all that `trim` takes away. */
  trim?: (object: T) => T;
}

/** Reads a whole list in pages; starts again without pages when a page's token has expired in between. */
export async function listAll<T extends KubeObject>(
  transport: Transport,
  selection: Selection,
  { signal, trim = (object) => object }: ListingOptions<T> = {},
): Promise<Listing<T>> {
  const read = async (request: PageRequest): Promise<Page<T>> => {
    const page = await readPage<T>(transport, selection, { ...request, signal });
    return { ...page, items: (page.items ?? []).map(trim) };
  };
  try {
    return toListing(selection, await readPages(read));
  } catch (error) {
    if (!isExpired(error)) throw error;
    return toListing(selection, await read({}));
  }
}

async function readPages<T extends KubeObject>(read: (request: PageRequest) => Promise<Page<T>>): Promise<Page<T>> {
  const first = await read({ limit: PAGE_SIZE });
  const items = [...(first.items ?? [])];
  for (let next = first.metadata?.continue; next !== undefined && next !== ''; ) {
    const page = await read({ limit: PAGE_SIZE, continue: next });
    items.push(...(page.items ?? []));
    next = page.metadata?.continue;
  }
  return { ...first, items };
}

interface PageRequest {
  limit?: number;
  continue?: string;
  signal?: AbortSignal | undefined;
}

function readPage<T extends KubeObject>(
  transport: Transport,
  selection: Selection,
  { limit, continue: token, signal }: PageRequest,
): Promise<Page<T>> {
  return transport.request<Page<T>>({
    method: 'GET',
    path: collectionPath(selection.resource, selection.namespace),
    query: { ...selectors(selection), limit, continue: token },
    ...(signal === undefined ? {} : { signal }),
  });
}

/** The query parameters that make a list or watch the one of this selection. */
export function selectors({ labelSelector, fieldSelector }: Selection): Record<string, string | undefined> {
  return { labelSelector, fieldSelector };
}

function toListing<T extends KubeObject>({ resource }: Selection, { items, metadata }: Page<T>): Listing<T> {
  const resourceVersion = metadata?.resourceVersion;
  if (resourceVersion === undefined) {
    throw new KubeError(
      'kube-malformed',
      `The list of ${resource.plural} has no resource version: is this an API server?`,
    );
  }
  // Items of a list come without their type.
  const type = { apiVersion: apiVersionOf(resource), kind: resource.kind };
  return { items: (items ?? []).map((item) => ({ ...type, ...item })), resourceVersion };
}

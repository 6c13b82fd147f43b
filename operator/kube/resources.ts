/** A kind of the API and where it is served. */
export interface Resource {
  /** Empty for the core group. */
  group: string;
  version: string;
  kind: string;
  plural: string;
  namespaced: boolean;
}

export const namespaces: Resource = resource('', 'v1', 'Namespace', 'namespaces', false);
export const pods: Resource = resource('', 'v1', 'Pod', 'pods', true);
export const secrets: Resource = resource('', 'v1', 'Secret', 'secrets', true);
export const services: Resource = resource('', 'v1', 'Service', 'services', true);
export const events: Resource = resource('events.k8s.io', 'v1', 'Event', 'events', true);
export const leases: Resource = resource('coordination.k8s.io', 'v1', 'Lease', 'leases', true);
export const networkPolicies: Resource = resource('networking.k8s.io', 'v1', 'NetworkPolicy', 'networkpolicies', true);
export const tokenReviews: Resource = resource('authentication.k8s.io', 'v1', 'TokenReview', 'tokenreviews', false);
export const mutatingWebhookConfigurations: Resource = resource(
  'admissionregistration.k8s.io',
  'v1',
  'MutatingWebhookConfiguration',
  'mutatingwebhookconfigurations',
  false,
);

/** Describes a kind; for kinds that this module does not list. */
export function resource(
  group: string,
  version: string,
  kind: string,
  ...[plural, namespaced]: [plural: string, namespaced: boolean]
): Resource {
  return { group, version, kind, plural, namespaced };
}

/** `group/version`, or `version` in the core group. */
export function apiVersionOf({ group, version }: Resource): string {
  return group === '' ? version : `${group}/${version}`;
}

/**
 * The path of a collection: of one namespace when `namespace` is given, else of the whole cluster.
 */
export function collectionPath(resource: Resource, namespace?: string): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const scope = resource.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${scope}/${resource.plural}`;
}

/** Names one object of a namespaced or cluster-scoped kind. */
export interface ObjectName {
  namespace?: string | undefined;
  name: string;
}

/** The path of one object, or of a subresource of it such as `status`. */
export function objectPath(resource: Resource, { namespace, name }: ObjectName, subresource?: string): string {
  const path = `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

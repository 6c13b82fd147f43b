import { apiGroup, sensorContainer, sensorInjected, sensorLabel } from '../crds/names.ts';
import {
  type ContainerStatus,
  joinKey,
  type KubeObject,
  type MutatingWebhookConfiguration,
  type Namespace,
  type NetworkPolicy,
  type Pod,
  type Service,
} from './kube/objects.ts';
import { createReflector, type ReflectorOptions } from './kube/reflector.ts';
import {
  mutatingWebhookConfigurations,
  namespaces,
  networkPolicies,
  pods,
  type Resource,
  resource,
  services,
} from './kube/resources.ts';
import type { Indexer, Store } from './kube/store.ts';
import type { Transport } from './kube/transport.ts';
import type { Clock } from './runtime/clock.ts';
import type { Runnable } from './runtime/runnable.ts';

/** Our own kind. */
export const agentPolicies: Resource = resource(apiGroup, 'v1alpha1', 'AgentPolicy', 'agentpolicies', true);

/** The label that all objects of ours carry. */
export const managedByUs: Readonly<Record<string, string>> = { 'app.kubernetes.io/managed-by': 'chaperone' };

/** Name of the index by namespace. */
export const byNamespace = 'namespace';

/** Name of the policies' index by the Services that their rules name, as `namespace/name`. */
export const byService = 'service';

/** The operator's copies of the API, one a kind. */
export interface Stores {
  /** As the API server has them: not yet checked beyond the CRD. By namespace and by Service. */
  policies: Store<KubeObject>;
  namespaces: Store<Namespace>;
  /** Pods that have a sensor. By namespace. */
  pods: Store<Pod>;
  /** Those that we manage. By namespace. */
  networkPolicies: Store<NetworkPolicy>;
  services: Store<Service>;
  webhookConfigurations: Store<MutatingWebhookConfiguration>;
}

export interface StoresOptions {
  transport: Transport;
  clock: Clock;
  random: () => number;
  onError: (error: unknown) => void;
  /** The name of our MutatingWebhookConfiguration. */
  webhookConfiguration: string;
}

/** Makes the stores, and the part of the process that keeps them. */
export function createStores(options: StoresOptions): { stores: Stores; caches: Runnable } {
  const { webhookConfiguration, ...environment } = options;
  const reflectors: { start(): Promise<void>; stop(): Promise<void> }[] = [];
  function reflect<T extends KubeObject>(own: Pick<ReflectorOptions<T>, 'selection' | 'prune' | 'indexers'>): Store<T> {
    const reflector = createReflector<T>({ ...environment, ...own });
    reflectors.push(reflector);
    return reflector.store;
  }
  const indexers = { [byNamespace]: namespaceOf };
  const stores: Stores = {
    policies: reflect<KubeObject>({
      selection: { resource: agentPolicies },
      indexers: { ...indexers, [byService]: servicesNamedBy },
    }),
    namespaces: reflect<Namespace>({ selection: { resource: namespaces } }),
    pods: reflect<Pod>({
      selection: { resource: pods, labelSelector: `${sensorLabel}=${sensorInjected}` },
      indexers,
      prune: prunePod,
    }),
    networkPolicies: reflect<NetworkPolicy>({
      selection: { resource: networkPolicies, labelSelector: selectorOf(managedByUs) },
      indexers,
    }),
    services: reflect<Service>({ selection: { resource: services }, prune: pruneService }),
    webhookConfigurations: reflect<MutatingWebhookConfiguration>({
      selection: { resource: mutatingWebhookConfigurations, fieldSelector: `metadata.name=${webhookConfiguration}` },
    }),
  };
  return {
    stores,
    caches: {
      name: 'caches',
      start: async () => void (await Promise.all(reflectors.map((reflector) => reflector.start()))),
      stop: async () => void (await Promise.all(reflectors.map((reflector) => reflector.stop()))),
    },
  };
}

/** Whether every store has its first full list. */
export function haveSynced(stores: Stores): boolean {
  return Object.values(stores).every((store: Store<KubeObject>) => store.hasSynced());
}

/** A label selector as the API server reads it in a query. */
export function selectorOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

const namespaceOf: Indexer<KubeObject> = ({ metadata }) =>
  metadata.namespace === undefined ? [] : [metadata.namespace];

type RawRules = { to?: { service?: { namespace: string; name: string } }[] }[];

function servicesNamedBy(policy: KubeObject): readonly string[] {
  const { egress } = (policy as { spec?: { egress?: { rules?: RawRules } } }).spec ?? {};
  const named = (egress?.rules ?? []).flatMap(({ to = [] }) => to).flatMap(({ service }) => service ?? []);
  return [...new Set(named.map(({ namespace, name }) => joinKey(namespace, name)))];
}

/** Of a pod we read the metadata, whether it has ended, and how its sensor fares; the rest is most of its size. */
function prunePod({ apiVersion, kind, metadata, spec, status }: Pod): Pod {
  const { nodeName } = spec;
  const { phase, initContainerStatuses = [] } = status ?? {};
  const sensor = initContainerStatuses.filter(({ name }) => name === sensorContainer);
  return {
    ...(apiVersion && { apiVersion }),
    ...(kind && { kind }),
    metadata,
    spec: { containers: [], ...(nodeName && { nodeName }) },
    status: { ...(phase && { phase }), initContainerStatuses: sensor.map(pruneContainer) },
  };
}

function pruneContainer({ name, restartCount, state, lastState }: ContainerStatus): ContainerStatus {
  return {
    name,
    restartCount,
    ...(state?.terminated && { state: { terminated: state.terminated } }),
    ...(lastState && { lastState }),
  };
}

function pruneService({ apiVersion, kind, metadata, spec }: Service): Service {
  const { name, namespace, uid, resourceVersion } = metadata;
  const { selector, ports } = spec;
  return {
    ...(apiVersion && { apiVersion }),
    ...(kind && { kind }),
    metadata: {
      name,
      ...(namespace && { namespace }),
      ...(uid && { uid }),
      ...(resourceVersion && { resourceVersion }),
    },
    spec: { ...(selector && { selector }), ...(ports && { ports }) },
  };
}

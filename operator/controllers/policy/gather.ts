import { isIP } from 'node:net';
import { injectionEnabled, injectionLabel, networkPolicyNameFor } from '../../../crds/names.ts';
import { readDryRun } from '../../injection/dry-run.ts';
import type { KubeClient } from '../../kube/client.ts';
import { joinKey, type KubeObject, type Service } from '../../kube/objects.ts';
import { type Resource, resource } from '../../kube/resources.ts';
import type { NetworkFacts, PodsOnPort, ServiceEndpoints, ServiceFacts } from '../../network/network-facts.ts';
import { byNamespace, type Stores } from '../../stores.ts';
import type { ReadHeldImage } from '../held-image.ts';
import type { ListBarePods } from './bare-pods.ts';
import type { PolicyWorld } from './decide.ts';
import type { PolicyBook, PolicyEntry } from './policy-book.ts';

const endpointSlices: Resource = resource('discovery.k8s.io', 'v1', 'EndpointSlice', 'endpointslices', true);

/** Where the world of a policy is read from. */
export interface PolicySources {
  client: KubeClient;
  stores: Stores;
  book: PolicyBook;
  readImage: ReadHeldImage;
  /** The pods of a namespace that have no sensor and have not ended. */
  listBare: ListBarePods;
  gateway: PodsOnPort;
  dns: PodsOnPort;
}

/** What was gathered, and whether some of it is not watched and has to be read again after a while. */
export interface Gathered {
  world: PolicyWorld;
  isPolled: boolean;
}

/** Reads all that a decision about the policy depends on; undefined when the policy is gone. `now` is in milliseconds since 1970. */
export async function gatherPolicy(sources: PolicySources, key: string, now: number): Promise<Gathered | undefined> {
  const { stores, book, readImage, gateway, dns } = sources;
  const entry = book.entry(key);
  if (entry === undefined) return undefined;
  const { name, namespace = '' } = entry.object.metadata;
  const services = await gatherServices(sources, entry);
  const isEnforced = entry.inForce?.spec.mode === 'Enforce';
  const place = stores.namespaces.get(namespace);
  const world: PolicyWorld = {
    entry,
    facts: { gateway, dns, services },
    live: stores.networkPolicies.get(joinKey(namespace, networkPolicyNameFor(name))),
    isInjected: place?.metadata.labels?.[injectionLabel] === injectionEnabled,
    isEnding: place?.metadata.deletionTimestamp !== undefined,
    dryRun: place === undefined ? undefined : readDryRun(place),
    policies: book.entries(namespace).flatMap(({ inForce }) => inForce ?? []),
    pods: stores.pods.byIndex(byNamespace, namespace),
    bare: isEnforced ? await sources.listBare(namespace) : [],
    readImage,
    now,
  };
  const hasEndpoints = [...services.values()].some(({ endpoints }) => endpoints !== undefined);
  return { world, isPolled: isEnforced || hasEndpoints };
}

async function gatherServices(
  { client, stores }: PolicySources,
  { inForce }: PolicyEntry,
): Promise<NetworkFacts['services']> {
  const services = new Map<string, ServiceFacts>();
  for (const { service } of inForce?.spec.egress.rules.flatMap(({ to }) => to) ?? []) {
    const key = service === undefined ? '' : joinKey(service.namespace, service.name);
    const found = stores.services.get(key);
    if (found !== undefined && !services.has(key)) services.set(key, await readService(client, found));
  }
  return services;
}

async function readService(client: KubeClient, { metadata, spec }: Service): Promise<ServiceFacts> {
  const selector = spec.selector ?? null;
  const ports = (spec.ports ?? []).map(({ name, port, targetPort, protocol }) => ({
    ...(name !== undefined && { name }),
    port,
    targetPort: targetPort ?? port,
    protocol: protocolOf(protocol),
  }));
  if (selector !== null && Object.keys(selector).length > 0) return { selector, ports };
  return { selector: null, ports, endpoints: await readEndpoints(client, metadata) };
}

interface EndpointSlice extends KubeObject {
  endpoints?: { addresses: string[] }[] | null;
  ports?: { name?: string; port?: number; protocol?: string }[] | null;
}

/** Services without a selector are few, and their endpoints many and busy: they are read when needed instead of watched. */
async function readEndpoints(
  client: KubeClient,
  { namespace, name }: { namespace?: string; name: string },
): Promise<ServiceEndpoints[]> {
  const slices = await client.list<EndpointSlice>(endpointSlices, {
    ...(namespace !== undefined && { namespace }),
    labelSelector: `kubernetes.io/service-name=${name}`,
  });
  return slices.map(({ endpoints, ports }) => ({
    // A slice may hold names (addressType FQDN), on which the API server would refuse the whole NetworkPolicy.
    addresses: (endpoints ?? []).flatMap(({ addresses }) => addresses).filter((address) => isIP(address) !== 0),
    ports: (ports ?? []).flatMap(({ name: portName, port, protocol }) =>
      port === undefined
        ? []
        : [{ ...(portName !== undefined && { name: portName }), port, protocol: protocolOf(protocol) }],
    ),
  }));
}

function protocolOf(protocol: string | undefined): 'TCP' | 'UDP' | 'SCTP' {
  return protocol === 'UDP' || protocol === 'SCTP' ? protocol : 'TCP';
}

import { containsBlock, parseAddressBlock } from '../../crds/address-block.ts';
import { type Connection, egressExplainer } from '../../crds/explain-egress.ts';
import type { PolicyImage, PolicyImageRule } from '../../crds/policy-image.ts';
import { isOwnResolver, isPublic } from '../findings/addresses.ts';

/** What a process connects to, or would. */
export interface Contact {
  readonly address: string;
  /** `null`: whatever port. */
  readonly port: number | null;
  readonly transport: 'tcp' | 'udp' | 'icmp' | 'raw';
  /** The names that the address was resolved from; none: nobody in the job asked for it. */
  readonly names: readonly string[];
}

/** `unknown`: what is seen does not say what the NetworkPolicy, which judges after addresses were translated, makes of it. */
export type Judgement = 'allowed' | 'outside' | 'unknown';

/** What of the network no policy decides. */
export interface PodNetwork {
  /** The pod's own addresses, besides loopback. */
  readonly addresses: readonly string[];
  /** Names of hosts that every policy leaves open: the gateway's. */
  readonly openHosts: readonly string[];
}

export const unknownNetwork: PodNetwork = { addresses: [], openHosts: [] };

/** A policy of which egress is denied by default, as far as connections can be judged by it. */
export interface EgressView {
  readonly mode: 'Audit' | 'Enforce';
  /** The names of the policies that decide. */
  readonly policies: readonly string[];
  judge(contact: Contact): Judgement;
}

/** `null` where everything is allowed. */
export function egressViewOf(image: PolicyImage): EgressView | null {
  if (image.egress.default === 'Allow') return null;
  const { mode } = image;
  const policies = image.policies.filter((policy) => policy.mode === mode).map(({ name }) => name);
  const explain = egressExplainer(image);
  const coversCluster = image.egress.rules.some(mayCoverCluster);
  return {
    mode,
    policies,
    judge(contact) {
      const services = contact.names.flatMap(serviceOf);
      const connection = connectionOf(contact, services);
      if (connection === null) return 'unknown';
      if (explain(connection).verdict === 'Allow') return 'allowed';
      return coversCluster && mayBeTranslated(contact, services) ? 'unknown' : 'outside';
    },
  };
}

/** `null` for what is never judged. */
function connectionOf(contact: Contact, services: readonly string[]): Connection | null {
  const { address, port, transport } = contact;
  if ((transport !== 'tcp' && transport !== 'udp') || isNeverJudged(contact)) return null;
  return { address, port, protocol: transport === 'tcp' ? 'TCP' : 'UDP', services };
}

/**
 * The pod itself, groups of receivers, and resolvers in the cluster, which stay open: a NetworkPolicy says nothing of the first two, and which
 * of the cluster's addresses its resolver has is not known here.
 */
function isNeverJudged(contact: Contact): boolean {
  return itselfOrMany.test(contact.address) || isOwnResolver(contact);
}

const itselfOrMany = /^(0|127|22[4-9]|23\d|255)\.|^::1?$|^ff[0-9a-f]{2}:/;

/** Addresses of Services are translated to those of pods before a NetworkPolicy sees them; links, such as the metadata service's, are not. */
function mayBeTranslated({ address, names }: Contact, services: readonly string[]): boolean {
  const isOfCluster = services.length > 0 || names.length === 0;
  return isOfCluster && !isPublic(address) && !links.test(address);
}

const links = /^169\.254\.|^fe[89ab][0-9a-f]:/;

/** Whether a rule may allow pods behind an address that it does not name itself. */
function mayCoverCluster({ cidr, service }: PolicyImageRule): boolean {
  if (service !== undefined) return true;
  const block = parseAddressBlock(cidr ?? '');
  return block !== null && privateBlocks.some((own) => containsBlock(own, block) || containsBlock(block, own));
}

/** RFC 1918, RFC 6598, RFC 4193: what clusters take their addresses from. */
const privateBlocks = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'].flatMap(
  (text) => parseAddressBlock(text) ?? [],
);

/** `namespace/name` of the Service that a name of the cluster's resolver means: `registry.cache.svc.cluster.local`, or a pod behind it. */
function serviceOf(name: string): string[] {
  const [, service, namespace] = serviceName.exec(name.toLowerCase()) ?? [];
  return service === undefined || namespace === undefined ? [] : [`${namespace}/${service}`];
}

const serviceName = /(?:^|\.)([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:\.|$)/;

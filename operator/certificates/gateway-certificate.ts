import type { Clock } from '../runtime/clock.ts';
import type { Authorities } from './authorities.ts';
import { isLeafOf, issueLeaf, type KeyPair, readKeyPair } from './authority.ts';
import { needsLeaf } from './rotation.ts';
import { readSecret, type SecretPlace, writeSecret } from './secret-values.ts';

/** Sees that the gateway's Secret holds a certificate of the current authority; a replica that loses the race leaves the winner's. */
export async function ensureGatewayCertificate(place: SecretPlace, clock: Clock, issuer: LeafIssuer): Promise<void> {
  const { values, resourceVersion } = await readSecret(place);
  const leaf = readKeyPair(values['tls.crt'], values['tls.key']);
  const renewed = await renewLeaf(leaf, issuer, clock);
  if (renewed === leaf) return;
  const next = { 'tls.crt': renewed.certificate, 'tls.key': renewed.key };
  await writeSecret(place, 'kubernetes.io/tls', { values: next, resourceVersion });
}

/** Whose certificates are valid, and for which names. */
export interface LeafIssuer {
  authorities: Authorities;
  dnsNames: string[];
}

/** The same leaf while it is good, else a new one. */
export async function renewLeaf(leaf: KeyPair | null, issuer: LeafIssuer, clock: Clock): Promise<KeyPair> {
  const parsed = leaf === null ? null : readKeyPair(leaf.certificate, leaf.key);
  const known =
    parsed === null
      ? null
      : { ...parsed, isOurs: isLeafOf(parsed.certificate, issuer.authorities.current.certificate, issuer.dnsNames) };
  if (leaf !== null && !needsLeaf(known, clock.now())) return leaf;
  return issueLeaf(issuer.authorities.current, issuer.dnsNames, clock.now());
}

/** The names under which the API server and pods call a Service. */
export function serviceNames(service: string, namespace: string): string[] {
  return [`${service}.${namespace}.svc`, `${service}.${namespace}.svc.cluster.local`, `${service}.${namespace}`];
}

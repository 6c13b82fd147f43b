import { ChaperoneError } from '../../crds/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import { createAuthority, joinPem, type KeyPair, readKeyPair, readValidity, type Validity } from './authority.ts';
import { type AuthorityState, type AuthorityStep, decideAuthority } from './rotation.ts';
import { readSecret, type SecretPlace, writeSecret } from './secret-values.ts';

/** The authority that signs now, and every authority that verifiers must trust (PEM). */
export interface Authorities {
  current: KeyPair;
  bundle: string;
}

interface Kept extends AuthorityState {
  current: KeyPair & Validity;
  next: (KeyPair & Validity) | null;
  previous: (Validity & { certificate: string }) | null;
}

/** Each turn but the last is lost to another replica; more than a few in a row means that something else writes the Secret. */
const MAX_TURNS = 10;

/** Reads the authorities from their Secret and takes every step that is due, so that all replicas end with the same ones. */
export async function ensureAuthorities(place: SecretPlace, clock: Clock): Promise<Authorities> {
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const { values, resourceVersion } = await readSecret(place);
    const kept = parse(values);
    const step = decideAuthority(kept, clock.now());
    if (step === 'keep' && kept !== null) return { current: kept.current, bundle: bundleOf(kept) };
    await writeSecret(place, 'Opaque', { values: render(await take(step, kept, clock.now())), resourceVersion });
  }
  throw new ChaperoneError(
    'certificate-authority-contended',
    `The Secret ${place.namespace}/${place.name} was changed by another ${MAX_TURNS} times in a row; find out who else writes it and end that.`,
  );
}

async function take(step: AuthorityStep, kept: Kept | null, now: number): Promise<Kept> {
  if (kept === null || step === 'create') return { current: await freshAuthority(now), next: null, previous: null };
  if (step === 'publish-next') return { ...kept, next: await freshAuthority(now) };
  if (step === 'promote' && kept.next !== null) return { current: kept.next, next: null, previous: kept.current };
  return { ...kept, previous: null };
}

async function freshAuthority(now: number): Promise<KeyPair & Validity> {
  const made = await createAuthority(now);
  const read = readKeyPair(made.certificate, made.key);
  if (read === null)
    throw new ChaperoneError(
      'certificate-authority-unusable',
      'A new certificate authority cannot be read back; this Node.js lacks P-256.',
    );
  return read;
}

function parse(values: Record<string, string>): Kept | null {
  const current = readKeyPair(values['ca.crt'], values['ca.key']);
  if (current === null) return null;
  const previous = readValidity(values['previous.crt']);
  return {
    current,
    next: readKeyPair(values['next.crt'], values['next.key']),
    previous: previous === null ? null : { ...previous, certificate: values['previous.crt'] ?? '' },
  };
}

function render({ current, next, previous }: Kept): Record<string, string> {
  return {
    'ca.crt': current.certificate,
    'ca.key': current.key,
    ...(next === null ? {} : { 'next.crt': next.certificate, 'next.key': next.key }),
    ...(previous === null ? {} : { 'previous.crt': previous.certificate }),
  };
}

function bundleOf(kept: Kept): string {
  return joinPem(...[kept.current, kept.next, kept.previous].flatMap((one) => (one === null ? [] : [one.certificate])));
}

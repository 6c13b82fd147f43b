import { LEAF_LIFETIME, type Validity } from './authority.ts';
import { DAY } from './durations.ts';

/**
 * The authorities of the Secret `chaperone-ca`. `current` signs; `next` is only published, so that whoever verifies knows it before a leaf of it
 * appears; `previous` stays published until it ends, so no leaf of it is ever refused.
 *
 *     create → [current] → publish-next → [current, next] → promote → [previous, current] → drop-previous → [current]
 */
export interface AuthorityState {
  current: Validity;
  next: Validity | null;
  previous: Validity | null;
}

export type AuthorityStep = 'create' | 'publish-next' | 'promote' | 'drop-previous' | 'keep';

/**
 * How long a new authority is published before it signs. A running pod keeps the bundle it was started with, so this is longer than the longest
 * job: GitHub ends a job on a self-hosted runner after 5 days.
 */
export const OVERLAP = 7 * DAY;

/** What to do now with the authorities; null when there are none that can be read. */
export function decideAuthority(state: AuthorityState | null, now: number): AuthorityStep {
  if (state === null) return 'create';
  const usable = isValid(state.current, now);
  if (state.next !== null && mayPromote(state, now)) return 'promote';
  if (!usable) return 'create';
  if (state.previous !== null && now >= state.previous.notAfter) return 'drop-previous';
  if (state.next === null && isDue(state.current, now)) return 'publish-next';
  return 'keep';
}

/** Whether a leaf must be issued: there is none of this authority and these names, or a third of its life is left. */
export function needsLeaf(leaf: (Validity & { isOurs: boolean }) | null, now: number): boolean {
  return leaf === null || !leaf.isOurs || !isValid(leaf, now) || isDue(leaf, now);
}

/** With a third of its life left a certificate is replaced, as kubelet and cert-manager do. */
function isDue(validity: Validity, now: number): boolean {
  return validity.notAfter - now <= (validity.notAfter - validity.notBefore) / 3;
}

function isValid(validity: Validity, now: number): boolean {
  return now >= validity.notBefore && now < validity.notAfter;
}

/** The next one has been known long enough; or the current one, after an outage of ours, cannot carry a leaf's life any more. */
function mayPromote({ current, next }: AuthorityState, now: number): boolean {
  if (next === null || !isValid(next, now)) return false;
  return now >= next.notBefore + OVERLAP || now >= current.notAfter - LEAF_LIFETIME;
}

import type { KernelEvent } from '../decode/kernel-events.ts';

/** How far something is seen: whole, not at all, or under a condition, which is a phrase. */
export type Sight = 'seen' | 'not seen' | { readonly seen: string };

/** The tiers of an armed sensor, from the one that every kernel has to the one that few have. */
export const armedTiers = ['tracepoint', 'trampoline', 'lsm'] as const;
export type ArmedTier = (typeof armedTiers)[number];

/** One way for one thing to happen. */
export interface CoverageRow {
  /** What happens; rows of one subject stand together. */
  readonly subject: string;
  /** The way it happens. */
  readonly path: string;
  /** The event that tells of it; null where none does. */
  readonly event: KernelEvent['kind'] | null;
  /** The same in every tier, or by tier. */
  readonly sight: Sight | Readonly<Record<ArmedTier, Sight>>;
  /** The title of a test that holds it, on the real kernel where it is the kernel's doing. Null only where nothing is seen in any tier. */
  readonly test: string | null;
  /** What more there is to know, one sentence; default: nothing. */
  readonly note?: string;
}

/** The sight in one tier. */
export function sightIn(row: CoverageRow, tier: ArmedTier): Sight {
  return typeof row.sight === 'object' && 'tracepoint' in row.sight ? row.sight[tier] : row.sight;
}

/** Seen where programs may sit at kernel functions, and otherwise as given. */
export function seenAtFunctions(tracepoint: Sight): Record<ArmedTier, Sight> {
  return { tracepoint, trampoline: 'seen', lsm: 'seen' };
}

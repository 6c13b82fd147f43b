import { isDeepStrictEqual } from 'node:util';
import type { NetworkPolicy as LiveNetworkPolicy } from '../../kube/objects.ts';
import type { NetworkPolicy } from '../../network/network-policy.ts';
import type { Notice } from '../recorder.ts';
import type { NetworkAction } from './decide.ts';

const mended: Notice = {
  type: 'Warning',
  reason: 'NetworkPolicyMended',
  action: 'Apply',
  note: 'The NetworkPolicy was changed or deleted by another writer and has been restored.',
};

/** Tells a NetworkPolicy that others changed from one that our own policy asks to be changed. */
export interface DriftMemory {
  /** The notice that the action mends what others did; undefined when it does not. */
  notice(key: string, live: LiveNetworkPolicy | undefined, action: NetworkAction): Notice | undefined;
  forget(key: string): void;
}

/**
 * Remembers by key which object was seen in the cluster as we rendered it. If the same rendering has to be applied again, somebody else was there.
 * An application is not yet a sight: the store may still show the time before it.
 */
export function createDriftMemory(): DriftMemory {
  const seen = new Map<string, LiveNetworkPolicy['spec']>();
  return {
    notice(key, live, action) {
      const known = seen.get(key);
      if (action.do !== 'apply') {
        if (action.do === 'keep' && live !== undefined) seen.set(key, live.spec);
        else seen.delete(key);
        return undefined;
      }
      seen.delete(key);
      return known !== undefined && isSame(known, action.object) ? mended : undefined;
    },
    forget: (key) => void seen.delete(key),
  };
}

function isSame(seen: LiveNetworkPolicy['spec'], { spec }: NetworkPolicy): boolean {
  return isDeepStrictEqual(seen, spec);
}

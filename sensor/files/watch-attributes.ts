import { filesUnwatchedReason, filesWatched } from '../../crds/attributes.ts';
import type { HelloEvent } from '../decode/probe-events.ts';
import type { Attributes } from '../spans/finished-span.ts';
import type { PolicyView } from '../spans/policy-view.ts';
import { known } from '../spans/text.ts';

/** Whether changes of files were seen, for the job's span; `pending`: the policy asks for it since after the sensor began, so from the next pod on. */
export function watchAttributes(hello: HelloEvent | null, policy: PolicyView): Attributes {
  if (hello?.watchesFiles) return { [filesWatched]: 'yes' };
  const state = policy.files.watch === 'Always' ? 'pending' : 'no';
  return known({ [filesWatched]: state, [filesUnwatchedReason]: hello === null ? null : reasonOf(hello) });
}

/** Why files were not watched where somebody asked for that. */
export const filesWatchedOff = 'watching files was off when the sensor began';

/** Null where the sensor saw nothing at all, which is said elsewhere. */
function reasonOf({ armed, fileWatch, tier }: HelloEvent): string | null {
  if (!armed) return null;
  if (fileWatch !== 'Auto') return filesWatchedOff;
  if (tier === 'tracepoint') {
    return 'on this kernel watching them, and reads of /proc/PID/mem, costs every system call of the node: ask for it with trace.files.watch: Always, or --files';
  }
  return 'the programs at the kernel’s checks of files did not prove themselves, or found no place beside those of other sensors: ask for another way with trace.files.watch: Always, or --files';
}

import { filesWatched } from '../../crds/attributes.ts';
import type { HelloEvent } from '../decode/events.ts';
import type { Attributes } from '../spans/finished-span.ts';
import type { PolicyView } from '../spans/policy-view.ts';

/** Whether changes of files were seen, for the job's span; `pending`: the policy asks for it since after the sensor began, so from the next pod on. */
export function watchAttributes(hello: HelloEvent | null, policy: PolicyView): Attributes {
  const watched = hello?.watchesFiles ?? false;
  return { [filesWatched]: watched ? 'yes' : policy.files.watch ? 'pending' : 'no' };
}

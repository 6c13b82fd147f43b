import type { Finding } from '../../crds/finding.ts';
import { BoundedMap } from '../gateway/bounded-map.ts';
import type { Clock } from '../runtime/clock.ts';
import { createBudget } from './budget.ts';

/** What becomes of a pod's findings. */
export interface Sorted {
  /** To be told: seen for the first time, within the pod's budget. */
  fresh: Finding[];
  /** Seen for the first time, and not told one by one. */
  suppressed: Finding[];
  /** Told before. */
  known: Finding[];
}

/** Knows which findings of a pod were told, and what more a pod may have told. */
export type Intake = (podUid: string, findings: readonly Finding[]) => Sorted;

const MAX_PODS = 5_000;
/** Remembered of a pod, the latest; a sensor keeps no more than 200 of a job. */
const MAX_IDS = 512;
/** Of each severity for itself, so that noise of one kind does not silence another. */
const PER_SEVERITY = { burst: 20, everyMs: 60_000 };

export function createIntake(clock: Clock): Intake {
  const pods = new BoundedMap<Set<string>>(MAX_PODS);
  const mayTell = createBudget(clock, PER_SEVERITY, MAX_PODS * 5);

  /** Which of the three a finding is; a new one is known from now on. */
  function kindOf(podUid: string, ids: Set<string>, { id, severity }: Finding): 'known' | 'fresh' | 'suppressed' {
    if (ids.has(id)) return 'known';
    ids.add(id);
    const [oldest = id] = ids;
    if (ids.size > MAX_IDS) ids.delete(oldest);
    return mayTell(`${podUid} ${severity}`) ? 'fresh' : 'suppressed';
  }

  return (podUid, findings) => {
    const ids = pods.get(podUid) ?? new Set();
    pods.set(podUid, ids);
    const sorted: Record<'known' | 'fresh' | 'suppressed', Finding[]> = { known: [], fresh: [], suppressed: [] };
    for (const finding of findings) sorted[kindOf(podUid, ids, finding)].push(finding);
    return sorted;
  };
}

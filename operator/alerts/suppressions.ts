import { createHash } from 'node:crypto';
import { type Finding, isAtLeast } from '../../crds/finding.ts';
import type { Clock } from '../runtime/clock.ts';
import type { KnownPod } from './pod-facts.ts';

/** Tells people of what they were not told one by one. */
export interface Suppressions {
  add(pod: KnownPod, suppressed: readonly Finding[]): void;
  /** Tells at once what waits to be told. */
  stop(): void;
}

/** What stands in place of a rule of docs/findings.md. */
export const suppressedRule = 'findings-suppressed';

/** The first is told soon, since there may be no time for more; what follows, together. */
const FIRST_MS = 10_000;
const NEXT_MS = 300_000;
const MAX_PODS = 1_000;

interface Withheld {
  pod: KnownPod;
  count: number;
  /** The worst, of these the first. */
  worst: Finding | undefined;
  cancel: () => void;
}

export function createSuppressions(clock: Clock, tell: (pod: KnownPod, finding: Finding) => void): Suppressions {
  const pods = new Map<string, Withheld>();

  function due(uid: string): void {
    const withheld = pods.get(uid);
    if (withheld?.worst === undefined) {
      pods.delete(uid);
      return;
    }
    tell(withheld.pod, summary(withheld.worst, withheld.count, clock.now()));
    const cancel = clock.setTimer(NEXT_MS, () => due(uid));
    pods.set(uid, { pod: withheld.pod, count: 0, worst: undefined, cancel });
  }

  return {
    add(pod, suppressed) {
      if (suppressed.length === 0) return;
      const { uid } = pod;
      if (!pods.has(uid) && pods.size >= MAX_PODS) return;
      const known = pods.get(uid) ?? {
        pod,
        count: 0,
        worst: undefined,
        cancel: clock.setTimer(FIRST_MS, () => due(uid)),
      };
      const worst = suppressed.reduce(worse, known.worst ?? suppressed[0]);
      pods.set(uid, { ...known, count: known.count + suppressed.length, worst });
    },
    stop() {
      for (const [uid, { cancel }] of [...pods]) {
        cancel();
        due(uid);
      }
      for (const { cancel } of pods.values()) cancel();
    },
  };
}

function worse(one: Finding | undefined, other: Finding): Finding {
  return one !== undefined && isAtLeast(one.severity, other.severity) ? one : other;
}

/** A finding about findings, so that it goes wherever these would have gone. */
function summary({ rule, severity, job, repository, evidence }: Finding, count: number, now: number): Finding {
  const [findings, were] = count === 1 ? ['finding', 'was'] : ['findings', 'were'];
  return {
    version: 1,
    id: createHash('sha256').update(`${evidence.traceId} ${now}`).digest('hex').slice(0, 16),
    rule: suppressedRule,
    severity,
    subject: { kind: 'sensor', name: `${count} ${findings}` },
    text: `${count} further ${findings} of this pod ${were} not told one by one, the worst of them ${severity} (${rule}): it had used up its share. Look at the job's trace, which holds them. To refuse it, end the job.`,
    time: new Date(now).toISOString(),
    count,
    job,
    ...(repository === undefined ? {} : { repository }),
    evidence,
  };
}

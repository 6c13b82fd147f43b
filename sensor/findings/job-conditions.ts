import type { Hit } from './detector.ts';

/** What stands around a job, as far as it is now known. */
export interface Conditions {
  /** How often the sensor was started again, and how often the probe was. */
  readonly restarts: number;
  readonly interruptions: number;
  /** How often the probe was gone, or did not answer, and no other one came. */
  readonly unanswered: number;
  /** Processes that left the observed cgroup. */
  readonly left: number;
  /** Programs of the sensor that somebody detached. */
  readonly detached: number;
  readonly isPolicyForged: boolean;
}

/** What is found of a job as a whole: no process of it is known to have done it. */
export function jobConditions({ restarts, left, detached, isPolicyForged, ...probe }: Conditions): Hit[] {
  return [
    ...hitIf(detached > 0, { rule: 'sensor-touched', subject: { kind: 'sensor', name: 'its programs were detached' } }),
    ...hitIf(restarts > 0, { rule: 'sensor-restarted', subject: { kind: 'sensor', name: 'sensor' } }),
    ...hitIf(probe.interruptions + probe.unanswered > 0, {
      rule: 'sensor-restarted',
      severity: 'Medium',
      subject: { kind: 'sensor', name: 'probe' },
    }),
    ...hitIf(left > 0, { rule: 'left-observation', subject: { kind: 'sensor', name: 'cgroup' } }),
    ...hitIf(isPolicyForged, { rule: 'policy-forged', subject: { kind: 'policy', name: 'policy image' } }),
  ];
}

function hitIf(is: boolean, hit: Hit): Hit[] {
  return is ? [hit] : [];
}

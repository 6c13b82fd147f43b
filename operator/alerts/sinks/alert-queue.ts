import type { Alert } from '../../../crds/alert.ts';
import { severities } from '../../../crds/finding.ts';

export interface Waiting {
  alert: Alert;
  /** When it was added, milliseconds since 1970. */
  at: number;
}

/** Alerts that wait for a sink, the worst first, those of one severity in their order. */
export interface AlertQueue {
  readonly size: number;
  /** Gives back the one that has to go because there is no room: the newest of the least. */
  add(alert: Alert, now: number): Alert | undefined;
  take(): Waiting | undefined;
}

/** An alert is about 5 KB: a sink that is away costs no more than some megabytes. */
const CAPACITY = 500;

export function createAlertQueue(): AlertQueue {
  const lanes = new Map(severities.toReversed().map((severity): [string, Waiting[]] => [severity, []]));
  const worstFirst = [...lanes.values()];
  let size = 0;
  return {
    get size() {
      return size;
    },
    add(alert, now) {
      lanes.get(alert.finding.severity)?.push({ alert, at: now });
      size += 1;
      if (size <= CAPACITY) return undefined;
      size -= 1;
      return worstFirst.findLast((lane) => lane.length > 0)?.pop()?.alert;
    },
    take() {
      const next = worstFirst.find((lane) => lane.length > 0)?.shift();
      if (next !== undefined) size -= 1;
      return next;
    },
  };
}

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

/** How many alerts wait in several queues together, and how many may: an alert is about 5 KB. */
export interface Room {
  waiting: number;
  readonly most: number;
}

/** So many may wait in each queue whatever waits in others: nobody takes all the room. */
const OWN = 10;

/** Holds as many as `most`, if there is room. */
export function createAlertQueue(most: number, room: Room): AlertQueue {
  const lanes = new Map(severities.toReversed().map((severity): [string, Waiting[]] => [severity, []]));
  const worstFirst = [...lanes.values()];
  let size = 0;
  function grow(by: 1 | -1): void {
    size += by;
    room.waiting += by;
  }
  return {
    get size() {
      return size;
    },
    add(alert, now) {
      lanes.get(alert.finding.severity)?.push({ alert, at: now });
      grow(1);
      if (size <= most && (size <= OWN || room.waiting <= room.most)) return undefined;
      grow(-1);
      return worstFirst.findLast((lane) => lane.length > 0)?.pop()?.alert;
    },
    take() {
      const next = worstFirst.find((lane) => lane.length > 0)?.shift();
      if (next !== undefined) grow(-1);
      return next;
    },
  };
}

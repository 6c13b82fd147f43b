import type { Alert } from '../../../crds/alert.ts';
import { severities } from '../../../crds/finding.ts';
import { BoundedMap } from '../../gateway/bounded-map.ts';

export interface Waiting {
  alert: Alert;
  /** When it was added, milliseconds since 1970. */
  at: number;
  /** How often the sink did not take it. */
  tries: number;
}

/**
 * Alerts that wait for a sink. Those that were tried least go first, so that one which the sink never takes holds up no other; of these the worst, in turns between
 * namespaces, in their order.
 */
export interface AlertQueue {
  readonly size: number;
  /** Gives back the one that has to go because there is no room: of the namespace with the most that wait the newest of the least. */
  add(waiting: Waiting): Alert | undefined;
  take(): Waiting | undefined;
}

/** How many alerts wait in several queues together, and how many may: an alert is about 5 KB. */
export interface Room {
  waiting: number;
  readonly most: number;
}

/** So many may wait in each queue whatever waits in others: nobody takes all the room. */
const OWN = 10;
/** A namespace that was served longer ago than so many others counts as never served. */
const MAX_NAMESPACES = 1_000;

/** Holds as many as `most`, if there is room. */
export function createAlertQueue(most: number, room: Room): AlertQueue {
  return new FairQueue(most, room);
}

class FairQueue implements AlertQueue {
  readonly #most: number;
  readonly #room: Room;
  readonly #waiting: Waiting[] = [];
  readonly #lastTurns = new BoundedMap<number>(MAX_NAMESPACES);
  #turn = 0;

  constructor(most: number, room: Room) {
    this.#most = most;
    this.#room = room;
  }

  get size(): number {
    return this.#waiting.length;
  }

  add(waiting: Waiting): Alert | undefined {
    this.#waiting.push(waiting);
    this.#room.waiting += 1;
    const { size } = this;
    if (size <= this.#most && (size <= OWN || this.#room.waiting <= this.#room.most)) return undefined;
    return this.#remove(this.#last())?.alert;
  }

  take(): Waiting | undefined {
    const next = this.#remove(this.#first());
    this.#turn += 1;
    if (next !== undefined) this.#lastTurns.set(namespaceOf(next), this.#turn);
    return next;
  }

  #first(): Waiting | undefined {
    const lastTurn = (one: Waiting): number => this.#lastTurns.get(namespaceOf(one)) ?? 0;
    return least(
      this.#waiting,
      (one, other) => one.tries - other.tries || rankOf(other) - rankOf(one) || lastTurn(one) - lastTurn(other),
    );
  }

  #last(): Waiting | undefined {
    const byNamespace = Map.groupBy(this.#waiting, namespaceOf).values();
    const fullest = least([...byNamespace], (one, other) => other.length - one.length) ?? [];
    return least(fullest.toReversed(), (one, other) => rankOf(one) - rankOf(other));
  }

  #remove(one: Waiting | undefined): Waiting | undefined {
    if (one === undefined) return undefined;
    this.#waiting.splice(this.#waiting.indexOf(one), 1);
    this.#room.waiting -= 1;
    return one;
  }
}

function namespaceOf({ alert }: Waiting): string {
  return alert.pod.namespace;
}

function rankOf({ alert }: Waiting): number {
  return severities.indexOf(alert.finding.severity);
}

/** Of equals the first. */
function least<T>(items: readonly T[], compare: (one: T, other: T) => number): T | undefined {
  return items.slice(1).reduce((one, other) => (one !== undefined && compare(other, one) >= 0 ? one : other), items[0]);
}

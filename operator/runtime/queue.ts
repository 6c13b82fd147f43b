import type { Clock } from './clock.ts';

/** client-go's per-key limits: doubled from 5 ms with every failure, 1000 s at most. */
const FIRST_RETRY_MS = 5;
const LAST_RETRY_MS = 1_000_000;

/** Told what happens in a queue, for the metrics `workqueue_*`. */
export interface QueueObserver {
  added(): void;
  depth(length: number): void;
  /** Seconds from the addition to the start of the work. */
  started(seconds: number): void;
  /** Seconds from the start to the end of the work. */
  finished(seconds: number): void;
  retried(): void;
}

/** A queue of keys, not of events: a key waits once however often it is added, and is never worked on twice at the same time. */
export interface Queue {
  add(key: string): void;
  /** Adds the key after `ms` milliseconds; of several such waits of a key the earliest counts. */
  addAfter(key: string, ms: number): void;
  /** Adds the key after a wait that doubles with each call since the last `forget`. */
  addRateLimited(key: string): void;
  /** Ends the count of failures of the key. */
  forget(key: string): void;
  /** The next key to work on, which has to be given to `done`; undefined once the queue is shut down. */
  next(): Promise<string | undefined>;
  done(key: string): void;
  /** Hands out no more keys and cancels all waits. */
  shutDown(): void;
}

/** Makes an empty queue. */
export function createQueue(clock: Clock, observer: QueueObserver = silent): Queue {
  return new LimitedQueue(clock, observer);
}

/** The part of the queue that keeps keys apart: waiting, in work, and changed while in work. */
class KeyQueue {
  protected readonly clock: Clock;
  protected readonly observer: QueueObserver;
  protected isDown = false;
  readonly #waiting = new Map<string, number>();
  readonly #processing = new Map<string, number>();
  readonly #changed = new Set<string>();
  readonly #idle: ((key: string | undefined) => void)[] = [];

  constructor(clock: Clock, observer: QueueObserver) {
    this.clock = clock;
    this.observer = observer;
  }

  add(key: string): void {
    if (this.isDown || this.#waiting.has(key)) return;
    if (this.#processing.has(key)) {
      this.#changed.add(key);
      return;
    }
    this.#waiting.set(key, this.clock.now());
    this.observer.added();
    this.observer.depth(this.#waiting.size);
    this.#idle.shift()?.(this.#take());
  }

  next(): Promise<string | undefined> {
    if (this.isDown) return Promise.resolve(undefined);
    const key = this.#take();
    return key === undefined ? new Promise((resolve) => this.#idle.push(resolve)) : Promise.resolve(key);
  }

  #take(): string | undefined {
    const [first] = this.#waiting;
    if (first === undefined) return undefined;
    const [key, addedAt] = first;
    this.#waiting.delete(key);
    this.#processing.set(key, this.clock.now());
    this.observer.started((this.clock.now() - addedAt) / 1000);
    this.observer.depth(this.#waiting.size);
    return key;
  }

  done(key: string): void {
    const startedAt = this.#processing.get(key);
    if (startedAt !== undefined) this.observer.finished((this.clock.now() - startedAt) / 1000);
    this.#processing.delete(key);
    if (this.#changed.delete(key)) this.add(key);
  }

  shutDown(): void {
    this.isDown = true;
    this.#waiting.clear();
    for (const resolve of this.#idle.splice(0)) resolve(undefined);
  }
}

/** The queue with its waits: planned ones, and growing ones after failures. */
class LimitedQueue extends KeyQueue implements Queue {
  readonly #delayed = new Map<string, { at: number; cancel: () => void }>();
  readonly #failures = new Map<string, number>();

  addAfter(key: string, ms: number): void {
    if (this.isDown) return;
    const at = this.clock.now() + ms;
    const planned = this.#delayed.get(key);
    if (planned !== undefined && planned.at <= at) return;
    planned?.cancel();
    const cancel = this.clock.setTimer(ms, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { at, cancel });
  }

  addRateLimited(key: string): void {
    const count = this.#failures.get(key) ?? 0;
    this.#failures.set(key, count + 1);
    this.observer.retried();
    this.addAfter(key, Math.min(FIRST_RETRY_MS * 2 ** count, LAST_RETRY_MS));
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }

  override shutDown(): void {
    super.shutDown();
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
  }
}

const silent: QueueObserver = {
  added() {},
  depth() {},
  started() {},
  finished() {},
  retried() {},
};

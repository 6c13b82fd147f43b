import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { ChaperoneError, describeError } from '../../crds/errors.ts';
import type { Clock } from './clock.ts';
import { createQueue, type Queue, type QueueObserver } from './queue.ts';
import type { Runnable } from './runnable.ts';

/** What a reconciliation asks for: nothing, or to be called again after some milliseconds. */
export interface Result {
  requeueAfterMs?: number;
}

/** An error that trying again cannot mend: it is logged and counted, and the key waits for the next change. */
export class TerminalError extends ChaperoneError {}

/** One call of a controller: its log carries the key and a `reconcileID`. */
export interface Reconciliation {
  key: string;
  log: Logger;
}

/** How one reconciliation ended, under controller-runtime's names. */
export type Outcome = 'success' | 'error' | 'requeue_after';

/** Told what happens in a controller, for the metrics `controller_runtime_*`. */
export interface ControllerObserver extends QueueObserver {
  /** Calls `work` as one reconciliation, in a span of its own where traces are on. */
  trace<T>(key: string, work: () => Promise<T>): Promise<T>;
  active(workers: number): void;
  reconciled(outcome: Outcome, seconds: number): void;
  terminalError(): void;
}

export interface ControllerOptions {
  name: string;
  clock: Clock;
  log: Logger;
  observer: ControllerObserver;
  /** Brings the world of one key to what it should be, reading its present state anew each time. */
  reconcile(reconciliation: Reconciliation): Promise<Result>;
  /** Turns changes of stores into keys; gives functions that end it. */
  watch(queue: Pick<Queue, 'add' | 'addAfter'>): (() => void)[];
  /** Keys worked on at the same time; 1 unless said. */
  workers?: number;
}

/** Makes a controller: one reconciliation of a key at a time, again with growing waits after an error. */
export function createController(options: ControllerOptions): Runnable {
  const queue = createQueue(options.clock, options.observer);
  let endWatches: (() => void)[] = [];
  let workers: Promise<void>[] = [];
  let active = 0;

  async function work(): Promise<void> {
    for (let key = await queue.next(); key !== undefined; key = await queue.next()) {
      active += 1;
      options.observer.active(active);
      await reconcileOnce(options, queue, key);
      active -= 1;
      options.observer.active(active);
      queue.done(key);
    }
  }

  return {
    name: options.name,
    async start() {
      endWatches = options.watch(queue);
      workers = Array.from({ length: options.workers ?? 1 }, work);
    },
    async stop() {
      for (const end of endWatches) end();
      queue.shutDown();
      await Promise.all(workers);
    },
  };
}

/** Reconciles one key and plans its next turn. Never rejects. */
async function reconcileOnce(options: ControllerOptions, queue: Queue, key: string): Promise<void> {
  const { clock, observer } = options;
  const log = options.log.child({ controller: options.name, key, reconcileID: randomUUID() });
  const startedAt = clock.now();
  const finish = (outcome: Outcome): void => observer.reconciled(outcome, (clock.now() - startedAt) / 1000);
  try {
    const { requeueAfterMs } = await observer.trace(key, async () => options.reconcile({ key, log }));
    queue.forget(key);
    if (requeueAfterMs !== undefined) queue.addAfter(key, requeueAfterMs);
    finish(requeueAfterMs === undefined ? 'success' : 'requeue_after');
  } catch (error) {
    const isTerminal = error instanceof TerminalError;
    log.error({ err: error, terminal: isTerminal }, `reconciliation failed: ${describeError(error)}`);
    if (isTerminal) {
      queue.forget(key);
      observer.terminalError();
    } else queue.addRateLimited(key);
    finish('error');
  }
}

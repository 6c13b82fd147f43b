import type { Logger } from 'pino';
import { ChaperoneError, describeError } from '../../crds/errors.ts';
import { type Clock, sleep } from './clock.ts';
import type { Lease } from './lease.ts';
import type { Runnable } from './runnable.ts';

/** How long parts may take to end; below the 30 s that Kubernetes gives a pod. */
const GRACE_MS = 25_000;

export interface ManagerOptions {
  clock: Clock;
  log: Logger;
  /** Started in this order, each after the one before has started; stopped in reverse. */
  parts: readonly Runnable[];
  /** Without one, the leading parts start at once. */
  lease?: Lease;
  /** Parts that only one replica may run: started once the lease is ours, stopped before all others. */
  leading: readonly Runnable[];
}

/** Starts the parts of the process in order and stops them in reverse; the lease is released last. */
export interface Manager {
  /** Resolves when all parts but the leading ones have started. Rejects, with everything stopped again, when one cannot. */
  start(): Promise<void>;
  /** Resolves with the reason when the process can no longer do its work and has to end. */
  readonly failed: Promise<ChaperoneError>;
  /** Ends all parts within the grace period. Never rejects. */
  stop(): Promise<void>;
}

/** Makes the manager; nothing runs before `start`. */
export function createManager(options: ManagerOptions): Manager {
  return new OrderedManager(options);
}

class OrderedManager implements Manager {
  readonly failed: Promise<ChaperoneError>;
  readonly #fail: (error: ChaperoneError) => void;
  readonly #options: ManagerOptions;
  readonly #stopping = new AbortController();
  readonly #begun: Runnable[] = [];
  #lead: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  constructor(options: ManagerOptions) {
    const { promise, resolve } = Promise.withResolvers<ChaperoneError>();
    this.failed = promise;
    this.#fail = resolve;
    this.#options = options;
  }

  async start(): Promise<void> {
    const { parts, lease } = this.#options;
    try {
      for (const part of parts) await this.#begin(part);
    } catch (error) {
      await this.stop();
      throw error;
    }
    void lease?.lost.then(() => this.#fail(lostLease()));
    this.#lead = this.#startLeading();
  }

  async #begin(part: Runnable): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#begun.push(part);
    await part.start();
    this.#options.log.info({ part: part.name }, 'started');
  }

  async #startLeading(): Promise<void> {
    const { lease, leading } = this.#options;
    try {
      if (lease !== undefined && !(await lease.acquire(this.#stopping.signal))) return;
      for (const part of leading) await this.#begin(part);
    } catch (cause) {
      this.#fail(new ChaperoneError('operator-start', 'A part that only the leader runs cannot start.', { cause }));
    }
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stopInTime();
    return this.#stopped;
  }

  async #stopInTime(): Promise<void> {
    const { clock, log } = this.#options;
    const ended = new AbortController();
    const late = sleep(clock, GRACE_MS, ended.signal).then(() => {
      if (!ended.signal.aborted) log.warn('not all parts ended in time');
    });
    await Promise.race([this.#stopAll(), late]);
    ended.abort();
  }

  async #stopAll(): Promise<void> {
    this.#stopping.abort();
    for (const part of this.#begun.toReversed()) await stopOne(part, this.#options.log);
    await this.#lead;
    await this.#options.lease?.release();
  }
}

async function stopOne(part: Runnable, log: Logger): Promise<void> {
  try {
    await part.stop();
    log.info({ part: part.name }, 'stopped');
  } catch (error) {
    log.error({ err: error, part: part.name }, `could not be stopped: ${describeError(error)}`);
  }
}

function lostLease(): ChaperoneError {
  return new ChaperoneError('lease-lost', 'The lease could not be renewed in time: another replica may lead now.');
}

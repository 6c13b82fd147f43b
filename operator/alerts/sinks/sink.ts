import type { Logger } from 'pino';
import type { Alert } from '../../../crds/alert.ts';
import { describeError } from '../../../crds/errors.ts';
import { type Clock, sleep, within } from '../../runtime/clock.ts';
import type { FindingMetrics } from '../metrics.ts';
import { type AlertQueue, createAlertQueue, type Room, type Waiting } from './alert-queue.ts';
import { type Message, type SinkKind, webhookMessage } from './message.ts';
import type { Outcome, Post } from './post.ts';
import { slackMessage } from './slack.ts';
import type { SinkTarget } from './target.ts';

export interface SinkOptions {
  /** For people and metrics, such as `cluster/siem` or `arc-runners/web-ci/sec`. */
  name: string;
  /** How many alerts may wait for it, if there is room. */
  capacity: number;
  room: Room;
  /** Reads the sink's Secret, anew when `isStale`. Rejects with what is wrong with it. */
  readTarget: (isStale: boolean) => Promise<SinkTarget>;
  post: Post;
  clock: Clock;
  /** Between 0 and 1. */
  random: () => number;
  log: Logger;
  metrics: FindingMetrics;
  /** Told of each alert that never arrives, and why; and of a Secret that cannot be used. */
  onTrouble: (reason: 'AlertLost' | 'AlertSinkNotReady', why: string) => void;
}

/** One place that alerts are sent to: a queue and retries of its own, so that it holds up nobody else. */
export interface Sink {
  /** Takes an alert; returns at once. */
  offer(alert: Alert): void;
  /** Tries once more what waits, for so many milliseconds at most. */
  stop(graceMs: number): Promise<void>;
  /** Resolves when no try is under way, be it one that `stop` did not wait for. */
  idle(): Promise<void>;
}

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;
/** An alert that could not be delivered for so long is news to nobody. */
const MAX_AGE_MS = 3_600_000;
const TOO_MANY = 'the sink was taken away, or too many alerts wait for it';

export function createSink(options: SinkOptions): Sink {
  return new RetryingSink(options);
}

class RetryingSink implements Sink {
  readonly #options: SinkOptions;
  readonly #queue: AlertQueue;
  readonly #stopping = new AbortController();
  readonly #ended = new AbortController();
  #failures = 0;
  #isDelivering = false;
  #running: Promise<void> | undefined;

  constructor(options: SinkOptions) {
    this.#options = options;
    this.#queue = createAlertQueue(options.capacity, options.room);
    options.metrics.begin(options.name);
  }

  offer(alert: Alert): void {
    if (this.#ended.signal.aborted) this.#bury(alert, TOO_MANY);
    else this.#wait({ alert, at: this.#options.clock.now(), tries: 0 });
    this.#countWaiting();
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    await within(this.#options.clock, graceMs, this.#running ?? Promise.resolve());
    this.#ended.abort();
    for (let left = this.#queue.take(); left !== undefined; left = this.#queue.take()) {
      this.#bury(left.alert, 'the gateway ends');
    }
  }

  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let next = this.#queue.take(); next !== undefined; next = this.#queue.take()) {
      this.#isDelivering = true;
      const pause = await this.#deliver(next);
      this.#isDelivering = false;
      this.#countWaiting();
      if (pause > 0) await sleep(this.#options.clock, pause, this.#stopping.signal);
    }
  }

  #countWaiting(): void {
    this.#options.metrics.waiting(this.#options.name, this.#queue.size + (this.#isDelivering ? 1 : 0));
  }

  #wait(waiting: Waiting): void {
    const dropped = this.#queue.add(waiting);
    if (dropped !== undefined) this.#bury(dropped, TOO_MANY);
  }

  /** One try. How long to wait before the next, of whichever alert, in milliseconds. */
  async #deliver({ alert, at, tries }: Waiting): Promise<number> {
    const { clock, metrics, name } = this.#options;
    const outcome = await this.#attempt(alert);
    if (outcome.result !== 'failed') {
      if (outcome.result === 'sent') this.#arrived(alert);
      else this.#bury(alert, outcome.why);
      return 0;
    }
    this.#failures += 1;
    if (this.#stopping.signal.aborted || clock.now() - at >= MAX_AGE_MS) {
      this.#bury(alert, outcome.why);
      return 0;
    }
    metrics.alert(name, 'retried');
    this.#wait({ alert, at, tries: tries + 1 });
    return this.#pause(outcome.retryAfterMs);
  }

  async #attempt(alert: Alert): Promise<Outcome> {
    const { readTarget, post, clock, onTrouble } = this.#options;
    let target: SinkTarget;
    try {
      target = await readTarget(this.#failures > 0);
    } catch (error) {
      const why = describeError(error);
      onTrouble('AlertSinkNotReady', why);
      return { result: 'failed', why };
    }
    const render: Record<SinkKind, () => Message> = {
      webhook: () => webhookMessage(alert, target.signingKey, clock.now()),
      slack: () => slackMessage(alert),
    };
    return post(target.url, render[target.kind]());
  }

  /** Doubled with each failure in a row, up to as much again as jitter, so that replicas do not come back together. */
  #pause(retryAfterMs: number | undefined): number {
    const own = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(16, this.#failures - 1));
    const wanted = retryAfterMs ?? own / 2;
    return wanted + this.#options.random() * (retryAfterMs === undefined ? own / 2 : FIRST_RETRY_MS);
  }

  #arrived({ finding }: Alert): void {
    const { clock, metrics, name } = this.#options;
    this.#failures = 0;
    metrics.alert(name, 'sent');
    metrics.delivered((clock.now() - Date.parse(finding.time)) / 1000);
  }

  #bury(alert: Alert, why: string): void {
    const { log, metrics, name, onTrouble } = this.#options;
    metrics.alert(name, 'dead');
    log.error({ sink: name, alert: alert.id, rule: alert.finding.rule }, `an alert never arrives: ${why}`);
    onTrouble('AlertLost', why);
  }
}

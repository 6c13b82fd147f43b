import type { Agent } from 'node:http';
import { ChaperoneError, describeError } from '../crds/errors.ts';
import type { Clock } from './export/clock.ts';
import { createAgent, post } from './export/http-post.ts';
import type { ServerAddress } from './export/server-address.ts';

/** What the gateway writes into the pod's annotation. */
export interface Hello {
  readonly version: string;
  readonly armed: boolean;
  readonly tier: string;
  readonly kernel: string;
  /** `sha256:…`, empty without a policy image. */
  readonly policyHash: string;
  readonly reason?: string;
  readonly policyError?: string;
}

export interface HelloOptions {
  /** The gateway's address without a path. */
  readonly url: string;
  readonly ca: string | undefined;
  readonly address: ServerAddress;
  readonly headers: () => Promise<Record<string, string>>;
  readonly clock: Clock;
  /** Told once for each new kind of failure, with a sentence for the log. */
  readonly onFailure: (message: string) => void;
}

export interface HelloSender {
  /** Sends until the gateway has taken it; a newer hello takes the place of one that was not. */
  send(hello: Hello): void;
  /** Kept once the gateway has taken the last hello; at once when there is none. */
  taken(): Promise<void>;
  close(): void;
}

const backOff = { firstMs: 500, factor: 2, longestMs: 30_000 };
const timeoutMs = 5_000;

/** The sensor's word to the cluster on what it can see and which policy it holds. */
export function createHelloSender(options: HelloOptions): HelloSender {
  return new RetryingSender(options);
}

class RetryingSender implements HelloSender {
  readonly #options: HelloOptions;
  readonly #agent: Agent;
  #waiting: Hello | null = null;
  #busy = false;
  #closed = false;
  #delayMs = backOff.firstMs;
  #lastFailure = '';
  #cancelRetry: (() => void) | null = null;
  readonly #awaitingTaken: (() => void)[] = [];

  constructor(options: HelloOptions) {
    this.#options = options;
    this.#agent = createAgent(options.url, options.ca, options.address);
  }

  send(hello: Hello): void {
    this.#waiting = hello;
    this.#delayMs = backOff.firstMs;
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#trySoon();
  }

  taken(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting === null) resolve();
      else this.#awaitingTaken.push(resolve);
    });
  }

  close(): void {
    this.#closed = true;
    this.#cancelRetry?.();
    this.#agent.destroy();
  }

  #trySoon(): void {
    if (this.#busy || this.#closed || this.#waiting === null) return;
    this.#busy = true;
    const hello = this.#waiting;
    this.#post(hello).then(
      () => this.#settle(hello, null),
      (error: unknown) => this.#settle(hello, describeError(error)),
    );
  }

  #settle(hello: Hello, failure: string | null): void {
    this.#busy = false;
    const isNewest = this.#waiting === hello;
    if (failure === null && isNewest) {
      this.#waiting = null;
      for (const resolve of this.#awaitingTaken.splice(0)) resolve();
    }
    if (failure !== null && failure !== this.#lastFailure && !this.#closed) this.#options.onFailure(failure);
    this.#lastFailure = failure ?? '';
    if (!isNewest) this.#trySoon();
    else if (failure !== null) this.#retryLater();
  }

  #retryLater(): void {
    if (this.#closed) return;
    this.#cancelRetry = this.#options.clock.after(this.#delayMs, () => this.#trySoon());
    this.#delayMs = Math.min(this.#delayMs * backOff.factor, backOff.longestMs);
  }

  async #post(hello: Hello): Promise<void> {
    const { url, address, headers, clock } = this.#options;
    const body = JSON.stringify(hello);
    const posting = { agent: this.#agent, address, headers: await headers(), body, timeoutMs, clock };
    const { status } = await post(`${url}/v1/hello`, posting);
    if (status >= 300) {
      throw new ChaperoneError('gateway-hello', `the gateway answered ${status} to the sensor's hello`);
    }
  }
}

import type { Outcome } from './export/outcome.ts';
import { Pace } from './export/pace.ts';
import { type FlushLimits, SendLoop } from './export/send-loop.ts';
import { createTransport, type Transport, type TransportOptions } from './export/transport.ts';

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

/** `url`: the gateway's address without a path. */
export interface HelloOptions extends Omit<TransportOptions, 'timeoutMs'> {
  /** Told once for each new kind of failure, with a sentence for the log. */
  readonly onFailure: (message: string) => void;
}

export interface HelloSender {
  /** Sends until the gateway has taken it; a newer hello takes the place of one that was not. */
  send(hello: Hello): void;
  /** Ends once the gateway has taken the last hello; at once when there is none. */
  flush(limits: FlushLimits): Promise<void>;
  close(): void;
}

const firstPauseMs = 500;
const timeoutMs = 5_000;

/** The sensor's word to the cluster on what it can see and which policy it holds. */
export function createHelloSender(options: HelloOptions): HelloSender {
  return new NewestHello(options);
}

class NewestHello implements HelloSender {
  readonly #onFailure: HelloOptions['onFailure'];
  readonly #transport: Transport;
  readonly #pace: Pace;
  readonly #loop: SendLoop;
  #waiting: Hello | null = null;
  #closed = false;
  #lastFailure = '';

  constructor({ url, onFailure, ...options }: HelloOptions) {
    const { clock } = options;
    this.#onFailure = onFailure;
    this.#transport = createTransport({ ...options, url: `${url}/v1/hello`, timeoutMs });
    this.#pace = new Pace(clock, firstPauseMs);
    const isEmpty = () => this.#waiting === null;
    this.#loop = new SendLoop({ clock, pace: this.#pace, attempt: () => this.#attempt(), isEmpty });
  }

  send(hello: Hello): void {
    this.#waiting = hello;
    this.#pace.took();
    this.#loop.wakeNow();
  }

  flush(limits: FlushLimits): Promise<void> {
    return this.#loop.flush(limits);
  }

  close(): void {
    this.#closed = true;
    this.#loop.close();
    this.#transport.close();
  }

  #attempt(): Promise<number | null> | null {
    const hello = this.#waiting;
    if (hello === null) return null;
    return this.#transport.send(JSON.stringify(hello)).then((outcome) => this.#settle(hello, outcome));
  }

  /** A refusal may be of a gateway that is another version for now, so it is tried again too. */
  #settle(hello: Hello, outcome: Outcome): number | null {
    const failure = failureOf(outcome);
    if (failure !== '' && failure !== this.#lastFailure && !this.#closed) this.#onFailure(failure);
    this.#lastFailure = failure;
    if (this.#waiting !== hello) return null;
    if (failure !== '') return this.#pace.pause(outcome.kind === 'retry' ? outcome.retryAfterMs : null);
    this.#waiting = null;
    this.#pace.took();
    return null;
  }
}

function failureOf(outcome: Outcome): string {
  if (outcome.kind === 'sent') return '';
  return outcome.kind === 'too-large' ? 'the server answered 413' : outcome.message;
}

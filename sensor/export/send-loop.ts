import type { Clock } from './clock.ts';
import type { Pace } from './pace.ts';

export interface FlushLimits {
  /** Until when at most, in milliseconds from now. */
  readonly deadlineMs: number;
  /** Gives up earlier when the server has taken nothing for so long; default the deadline. */
  readonly patienceMs?: number;
}

export interface SendLoopOptions {
  readonly clock: Clock;
  readonly pace: Pace;
  /** One try: how long to wait before the next, in milliseconds, `null` for not at all. Never rejects. `null` instead of a promise: nothing waits. */
  readonly attempt: () => Promise<number | null> | null;
  readonly isEmpty: () => boolean;
  /** Told when the tries are over, until there is a reason for more. */
  readonly onRest?: () => void;
}

/** Sends what waits: one try after the other, with the pauses that they ask for. */
export class SendLoop {
  readonly #options: SendLoopOptions;
  #busy = false;
  #closed = false;
  #cancelWake: (() => void) | null = null;
  readonly #onSettled: (() => void)[] = [];

  constructor(options: SendLoopOptions) {
    this.#options = options;
  }

  /** A wake that is already set stands: it is either near, or a back-off that more to send must not cut short. */
  wakeAfter(ms: number): void {
    if (this.#cancelWake !== null || this.#busy || this.#closed) return;
    this.#cancelWake = this.#options.clock.after(ms, () => this.wakeNow());
  }

  wakeNow(): void {
    this.#cancelWake?.();
    this.#cancelWake = null;
    if (!this.#busy && !this.#closed) void this.#sendAll();
  }

  /** Sends what waits, without pauses between tries that succeed; ends when nothing waits or the limits are reached. */
  async flush({ deadlineMs, patienceMs = deadlineMs }: FlushLimits): Promise<void> {
    const end = this.#options.pace.hurry(deadlineMs, patienceMs);
    this.wakeNow();
    await new Promise<void>((resolve) => {
      this.#onSettled.push(resolve);
      void end.reached.then(resolve);
      this.#tellIfSettled();
    });
    end.cancel();
  }

  /** Makes no more tries; the one that runs is not waited for. */
  close(): void {
    this.#closed = true;
    this.#cancelWake?.();
    this.#tellIfSettled();
  }

  async #sendAll(): Promise<void> {
    this.#busy = true;
    let pause: number | null = null;
    while (pause === null && !this.#closed) {
      const trying = this.#options.attempt();
      if (trying === null) break;
      pause = await trying;
    }
    this.#busy = false;
    if (pause !== null) this.wakeAfter(pause);
    if (!this.#closed) this.#options.onRest?.();
    this.#tellIfSettled();
  }

  #tellIfSettled(): void {
    if (!this.#options.isEmpty()) return;
    for (const tell of this.#onSettled.splice(0)) tell();
  }
}

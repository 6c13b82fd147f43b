import { type TimeWindow, within } from '../model/time-window.ts';

/** The part of the job's time that every timeline of the page shows. */
export class TimeScale {
  /** Milliseconds of the job. */
  readonly whole: number;
  #window: TimeWindow;
  readonly #listeners: (() => void)[] = [];

  constructor(whole: number) {
    this.whole = whole;
    this.#window = within({ from: 0, to: whole }, whole);
  }

  get window(): TimeWindow {
    return this.#window;
  }

  set window(window: TimeWindow) {
    this.#window = within(window, this.whole);
    for (const listener of this.#listeners) listener();
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Where an instant lies in the window: from 0 to 1 inside of it. */
  place(time: number): number {
    const { from, to } = this.#window;
    return (time - from) / (to - from);
  }
}

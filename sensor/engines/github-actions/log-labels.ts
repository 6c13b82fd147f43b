import type { TaskResult } from '../../spans/task-span.ts';

/** What the worker's log says of a step: its name and, once it is over, how it ended for the runner. */
export interface LoggedStep {
  readonly name: string;
  readonly result: TaskResult | null;
}

/** What the worker's log says of a process. */
export interface ProcessLabel {
  readonly step: LoggedStep;
  /** The nested step of a composite, `null` outside of one. */
  readonly embedded: LoggedStep | null;
  /** When the line was written, in Unix milliseconds; whole seconds. */
  readonly time: number;
}

const maxLine = 4_096;
const maxLabels = 4_096;
const headed = /^\[(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\dZ) [A-Z]+ +(\w+)\] (.*)$/;
/** TaskResult of the runner; it writes nothing for success (StepsRunner.cs). */
const results: ReadonlyMap<string, TaskResult> = new Map([
  ['', 'success'],
  ['Succeeded', 'success'],
  ['SucceededWithIssues', 'success'],
  ['Failed', 'failure'],
  ['Canceled', 'cancellation'],
  ['Skipped', 'skip'],
  ['Abandoned', 'error'],
]);

type Writing = { -readonly [Key in keyof LoggedStep]: LoggedStep[Key] };

/**
 * Reads the worker's log line by line and joins names with pids. A step could write into this file, so what it says is
 * shown as a name, can make a result worse and decides nothing else. Interleaved background steps can be mislabelled, never misattributed;
 * from the first of them on results are not read, since lines do not say whose they are.
 */
export class LogLabels {
  readonly #labels = new Map<number, ProcessLabel>();
  #step: Writing | null = null;
  #embedded: Writing | null = null;
  #interleaved = false;
  #rest = '';

  /** Takes the next piece of the log; lines may be cut anywhere. */
  feed(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = (lines.pop() ?? '').slice(0, maxLine);
    for (const line of lines) this.#read(line.slice(0, maxLine).replace(/\r$/, ''));
  }

  of(pid: number): ProcessLabel | null {
    return this.#labels.get(pid) ?? null;
  }

  #read(line: string): void {
    const [, date, time, source, text = ''] = headed.exec(line) ?? [];
    if (text.startsWith("Background step '")) this.#interleaved = true;
    if (source === 'StepsRunner') this.#readStep(text);
    else if (source === 'CompositeActionHandler') this.#readEmbedded(text);
    else if (source?.startsWith('ProcessInvoker'))
      this.#name(/^Process started with process id (\d{1,10}),/.exec(text)?.[1], Date.parse(`${date}T${time}`));
  }

  #readStep(text: string): void {
    const name = quotedAfter(text, "Processing step: DisplayName='");
    if (name === null) {
      this.#conclude(this.#step, text);
      return;
    }
    this.#step = { name, result: null };
    this.#embedded = null;
  }

  #readEmbedded(text: string): void {
    const name = quotedAfter(text, "Processing embedded step: DisplayName='");
    if (name === null) this.#conclude(this.#embedded, text);
    else this.#embedded = { name, result: null };
  }

  #conclude(step: Writing | null, text: string): void {
    const [, word] = /^Step result: ?(\w*)$/.exec(text) ?? [];
    if (step !== null && word !== undefined && !this.#interleaved) step.result = results.get(word) ?? step.result;
  }

  #name(pid: string | undefined, time: number): void {
    if (pid === undefined || this.#step === null) return;
    const key = Number(pid);
    this.#labels.delete(key);
    this.#labels.set(key, { step: this.#step, embedded: this.#embedded, time });
    for (const oldest of this.#labels.keys()) {
      if (this.#labels.size <= maxLabels) break;
      this.#labels.delete(oldest);
    }
  }
}

/** What stands between `prefix` and the last quote of the line: a name may hold quotes itself. */
function quotedAfter(text: string, prefix: string): string | null {
  const end = text.lastIndexOf("'");
  return text.startsWith(prefix) && end >= prefix.length ? text.slice(prefix.length, end) : null;
}

/** The names that the worker's log gives to a process. */
export interface ProcessLabel {
  readonly step: string;
  /** The nested step of a composite, `null` outside of one. */
  readonly embedded: string | null;
}

const maxLine = 4_096;
const maxLabels = 4_096;
const headed = /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ [A-Z]+ +(\w+)\] (.*)$/;

/**
 * Reads the worker's log line by line and joins names with pids. A step could write into this file, so what it says is
 * shown as a name and decides nothing. Interleaved background steps can be mislabelled, never misattributed.
 */
export class LogLabels {
  readonly #labels = new Map<number, ProcessLabel>();
  #step: string | null = null;
  #embedded: string | null = null;
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
    const [, source, text = ''] = headed.exec(line) ?? [];
    if (source === 'StepsRunner') this.#enterStep(quotedAfter(text, "Processing step: DisplayName='"));
    else if (source === 'CompositeActionHandler')
      this.#enterEmbedded(quotedAfter(text, "Processing embedded step: DisplayName='"));
    else if (source?.startsWith('ProcessInvoker'))
      this.#name(/^Process started with process id (\d{1,10}),/.exec(text)?.[1]);
  }

  #enterStep(name: string | null): void {
    if (name === null) return;
    this.#step = name;
    this.#embedded = null;
  }

  #enterEmbedded(name: string | null): void {
    if (name !== null) this.#embedded = name;
  }

  #name(pid: string | undefined): void {
    if (pid === undefined || this.#step === null) return;
    const key = Number(pid);
    this.#labels.delete(key);
    this.#labels.set(key, { step: this.#step, embedded: this.#embedded });
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

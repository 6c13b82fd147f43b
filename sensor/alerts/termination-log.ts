import { closeSync, constants, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { describeError } from '../../crds/errors.ts';
import type { Finding } from '../../crds/finding.ts';
import { lastWordsMark, writeLastWords } from '../../crds/last-words.ts';
import type { Clock } from '../export/clock.ts';

export interface TerminationLogOptions {
  /** The kubelet's file, which anybody in the container may write (mode 0666); `null`: there is none. */
  readonly path: string | null;
  readonly clock: Clock;
  readonly onFault: (message: string) => void;
}

/** So much time passes between two writes at least, in milliseconds. */
const pauseMs = 250;

/**
 * Keeps the findings that nobody was told in the container's termination message, for the case that it is killed: the kubelet puts that into the
 * pod's status, and the operator reads it there. What the probe wrote into it, why the sensor is not armed, is left as it is.
 */
export class TerminationLog {
  readonly #options: TerminationLogOptions;
  #fd: number | null = null;
  /** Unknown before the first write: what an earlier process of the same container wrote may stand there. */
  #written: string | null = null;
  #wanted = '';
  #cancelPause: (() => void) | null = null;
  #isOurs: boolean;
  #lastFault = '';

  constructor(options: TerminationLogOptions) {
    this.#options = options;
    this.#isOurs = options.path !== null;
  }

  keep(waiting: readonly Finding[]): void {
    if (!this.#isOurs) return;
    this.#wanted = writeLastWords(waiting);
    if (this.#cancelPause === null) this.#writeAndPause();
  }

  close(): void {
    this.#cancelPause?.();
    if (this.#isOurs) this.#write();
    this.#isOurs = false;
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  #writeAndPause(): void {
    if (!this.#write()) return;
    this.#cancelPause = this.#options.clock.after(pauseMs, () => {
      this.#cancelPause = null;
      this.#writeAndPause();
    });
  }

  /** Whether there was anything to write, and it could be. */
  #write(): boolean {
    if (this.#wanted === this.#written) return false;
    try {
      this.#fd ??= this.#open();
      if (this.#isOurs) overwrite(this.#fd, this.#wanted);
      this.#written = this.#wanted;
      return this.#isOurs;
    } catch (error) {
      this.#tellFault(`the termination message cannot be written: ${describeError(error)}`);
      return false;
    }
  }

  #tellFault(fault: string): void {
    if (fault !== this.#lastFault) this.#options.onFault(fault);
    this.#lastFault = fault;
  }

  #open(): number {
    const fd = openSync(this.#options.path ?? '', constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NOCTTY);
    const start = Buffer.alloc(lastWordsMark.length);
    const length = readSync(fd, start, 0, start.length, 0);
    this.#isOurs = length === 0 || start.toString() === lastWordsMark;
    return fd;
  }
}

/** First the new words, then off with what is left of the old ones: whoever is killed between the two has said too much, not too little. */
function overwrite(fd: number, words: string): void {
  const bytes = Buffer.from(words);
  writeSync(fd, bytes, 0, bytes.length, 0);
  ftruncateSync(fd, bytes.length);
}

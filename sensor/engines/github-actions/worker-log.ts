import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import type { JobLog, JobLogs } from './job-log.ts';
import { type JobMessage, maxMessage, parseJobMessage } from './job-message.ts';
import { LogLabels, type ProcessLabel } from './log-labels.ts';

const fileName = /^Worker_(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)-utc\.log$/;
/** File names have whole seconds, and clocks are read at two moments. */
const leewayMs = 2_000;
/** The message stands near the beginning; later lines are read in pieces of at most this much at a time. */
const maxHead = maxMessage + 1024 * 1024;
const maxTail = 4 * 1024 * 1024;

/**
 * The `Worker_*.log` files of a runner's `_diag` folder, which the sensor sees read-only. A job's file is chosen and its message sealed
 * before the job's first step, since afterwards the job could have written them. Reads are synchronous: the first step waits
 * for nothing, but its span must not be named before.
 */
export function openWorkerLogs(folder: string): JobLogs {
  return { open: (startMs) => new WorkerLog(folder, startMs) };
}

class WorkerLog implements JobLog {
  readonly #folder: string;
  readonly #startMs: number | null;
  readonly #labels = new LogLabels();
  readonly #decoder = new StringDecoder('utf8');
  #file: string | null = null;
  #sealed = false;
  #message: JobMessage | null = null;
  #position = 0;

  constructor(folder: string, startMs: number | null) {
    this.#folder = folder;
    this.#startMs = startMs;
  }

  message(seal: boolean): JobMessage | null {
    if (this.#sealed) return this.#message;
    const file = findLog(this.#folder, this.#startMs);
    this.#message = file === null ? null : parseJobMessage(readPiece(file, 0, maxHead).toString('utf8'));
    this.#sealed = seal || this.#message !== null;
    if (this.#sealed) this.#file = file;
    return this.#message;
  }

  label(pid: number): ProcessLabel | null {
    this.#readOn();
    return this.#labels.of(pid);
  }

  #readOn(): void {
    if (this.#file === null) return;
    const piece = readPiece(this.#file, this.#position, maxTail);
    this.#position += piece.length;
    this.#labels.feed(this.#decoder.write(piece));
  }
}

/** The first log that began with the job or after; without a beginning, the newest. Names hold the time, so their order is that of time. */
function findLog(folder: string, startMs: number | null): string | null {
  const names = listFolder(folder)
    .filter((name) => fileName.test(name))
    .sort();
  const name = startMs === null ? names.at(-1) : names.find((each) => timeOf(each) >= startMs - leewayMs);
  return name === undefined ? null : join(folder, name);
}

function timeOf(name: string): number {
  return Date.parse(name.replace(fileName, '$1-$2-$3T$4:$5:$6Z'));
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** At most `length` bytes from `position`; nothing if the file cannot be read, is no file, or ends before. */
function readPiece(file: string, position: number, length: number): Buffer {
  let fd: number | null = null;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stat = fstatSync(fd);
    const wanted = stat.isFile() ? Math.min(Math.max(stat.size - position, 0), length) : 0;
    const piece = Buffer.alloc(wanted);
    return piece.subarray(0, readSync(fd, piece, 0, wanted, position));
  } catch {
    return Buffer.alloc(0);
  } finally {
    if (fd !== null) closeSync(fd);
  }
}

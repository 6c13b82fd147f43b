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
  /** The file that held the message: whatever takes its name later is not read. */
  #identity: string | null = null;

  constructor(folder: string, startMs: number | null) {
    this.#folder = folder;
    this.#startMs = startMs;
  }

  message(seal: boolean): JobMessage | null {
    if (this.#sealed) return this.#message;
    const file = findLog(this.#folder, this.#startMs);
    const piece = file === null ? null : readPiece(file, 0, maxHead);
    this.#message = piece === null ? null : parseJobMessage(piece.bytes.toString('utf8'));
    this.#sealed = seal || this.#message !== null;
    if (this.#sealed) {
      this.#file = file;
      this.#identity = piece?.identity ?? null;
    }
    return this.#message;
  }

  label(pid: number): ProcessLabel | null {
    this.#readOn();
    return this.#labels.of(pid);
  }

  #readOn(): void {
    if (this.#file === null) return;
    const { bytes, identity } = readPiece(this.#file, this.#position, maxTail) ?? noPiece;
    if (identity !== this.#identity) return;
    this.#position += bytes.length;
    this.#labels.feed(this.#decoder.write(bytes));
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

interface Piece {
  readonly bytes: Buffer;
  readonly identity: string | null;
}

const noPiece: Piece = { bytes: Buffer.alloc(0), identity: null };

/** At most `length` bytes from `position`, none if the file ends before; `null` if it cannot be read or is no file. */
function readPiece(file: string, position: number, length: number): Piece | null {
  let fd: number | null = null;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stat = fstatSync(fd);
    if (!stat.isFile()) return null;
    const piece = Buffer.alloc(Math.min(Math.max(stat.size - position, 0), length));
    const bytes = piece.subarray(0, readSync(fd, piece, 0, piece.length, position));
    return { bytes, identity: `${stat.dev}:${stat.ino}` };
  } catch {
    return null;
  } finally {
    if (fd !== null) closeSync(fd);
  }
}

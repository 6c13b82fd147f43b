import type {
  ArgvEvent,
  ExecEvent,
  ExecTraits,
  ExitEvent,
  ForkEvent,
  Origin,
  Stream,
  Usage,
} from '../decode/process-events.ts';
import { loadedProgram } from './loader.ts';
import { LongArguments } from './long-arguments.ts';
import { later } from './time.ts';

/** One executed image: what a process span tells of. Times are nanoseconds since boot. */
export interface ProcessImage {
  readonly id: string;
  readonly pid: number;
  readonly nsPid: number;
  readonly parentPid: number;
  readonly uid: number;
  readonly euid: number;
  readonly suid: number;
  /** The direct child of a runner that it descends from, as the kernel inherited it; `null` outside of runners. */
  readonly root: string | null;
  /** The image that forked it or that it replaced, at most `maxDepth` levels from the top. */
  readonly parent: ProcessImage | null;
  /** The earlier image of the same process, which stays open until the process ends. */
  readonly replaced: ProcessImage | null;
  readonly depth: number;
  readonly path: string;
  readonly filename: string;
  readonly cwd: string;
  /** As much of it as is known; more may come right after the execution. */
  argv: readonly string[];
  readonly argc: number;
  /** Bytes of the argv, and how many of them are known. */
  readonly argvBytes: number;
  argvKnown: number;
  /** What really runs, if the executable is a loader of programs. */
  readonly program: string | null;
  readonly traits: ExecTraits;
  readonly origin: Origin | null;
  readonly stdin: Stream;
  readonly stdout: Stream;
  readonly start: bigint;
  end: bigint | null;
  exitCode: number | null;
  signal: number | null;
  /** Of the process, at the last image that it had. */
  usage: Usage | null;
  /** A process was forked that began with this image, and may outlive it. */
  hasForked: boolean;
}

export interface TableLimits {
  /** Images that have not ended. */
  readonly live: number;
  /** Ended images kept for children that they left behind. */
  readonly ended: number;
  /** Ended images that have left no children, kept for what comes of them late, such as a packet that waited to be sent. */
  readonly childless: number;
  readonly maxDepth: number;
}

/** Most bytes of an argv in an exec (ARGV_BYTES). */
const inlineArgv = 4096;

const defaultLimits: TableLimits = { live: 32_768, ended: 8_192, childless: 64, maxDepth: 12 };

/**
 * Executed images by the kernel's image id. Pids are never a key, so their reuse is harmless; a child that only forked is known by the image it inherits.
 * Bounded: the oldest is shed and counted.
 */
export class ProcessTable {
  /** Live images that were dropped for want of room; their ends are not seen. */
  shed = 0;
  readonly #live = new Map<string, ProcessImage>();
  readonly #ended: LastEnded;
  readonly #childless: LastEnded;
  readonly #limits: TableLimits;
  readonly #arguments = new LongArguments();

  constructor(limits: Partial<TableLimits> = {}) {
    this.#limits = { ...defaultLimits, ...limits };
    this.#ended = new LastEnded(this.#limits.ended);
    this.#childless = new LastEnded(this.#limits.childless);
  }

  /** The child goes by the image of the process that forked it until it executes one of its own. */
  fork(event: ForkEvent): void {
    const image = this.#live.get(event.image);
    if (image !== undefined) image.hasForked = true;
  }

  exec(event: ExecEvent): ProcessImage {
    const before = event.parentImage === null ? null : this.find(event.parentImage);
    const parent = before !== null && before.depth >= this.#limits.maxDepth ? before.parent : before;
    const image: ProcessImage = {
      id: event.image,
      pid: event.pid,
      nsPid: event.nsPid,
      parentPid: event.replaces ? (before?.parentPid ?? event.parentPid) : event.parentPid,
      uid: event.uid,
      euid: event.euid,
      suid: event.suid,
      root: event.root,
      parent,
      replaced: event.replaces && before?.pid === event.pid ? before : null,
      depth: (parent?.depth ?? 0) + 1,
      path: event.path,
      filename: event.filename,
      cwd: event.cwd,
      argv: event.argv,
      argc: event.argc,
      argvBytes: event.argvBytes,
      argvKnown: event.argvTruncated ? Math.min(event.argvBytes, inlineArgv) : event.argvBytes,
      program: loadedProgram(event.path, event.filename, event.argv),
      traits: event.traits,
      origin: event.origin,
      stdin: event.stdin,
      stdout: event.stdout,
      start: event.time,
      end: null,
      exitCode: null,
      signal: null,
      usage: null,
      hasForked: false,
    };
    this.#live.set(image.id, image);
    if (this.#live.size > this.#limits.live) this.#shedOldest();
    return image;
  }

  /** More of the arguments of an image that was just executed. */
  argv(event: ArgvEvent): void {
    const image = this.#live.get(event.image);
    if (image !== undefined) this.#arguments.add(event, image);
  }

  /** After an ended image was told of. */
  forgetArguments(image: ProcessImage): void {
    this.#arguments.release(image);
  }

  /** The images that end with this process, the last executed first; none for a child that only forked, and for images never seen. */
  exit(event: ExitEvent): ProcessImage[] {
    const ended: ProcessImage[] = [];
    let image = this.#live.get(event.image) ?? null;
    if (image?.pid !== event.pid) return ended;
    image.usage = event.usage;
    for (; image !== null && image.end === null; image = image.replaced) {
      image.end = later(image.start, event.time);
      image.exitCode = event.signal === 0 ? event.code : null;
      image.signal = event.signal === 0 ? null : event.signal;
      this.#retire(image);
      ended.push(image);
    }
    return ended;
  }

  find(id: string): ProcessImage | null {
    return this.#live.get(id) ?? this.#childless.get(id) ?? this.#ended.get(id) ?? null;
  }

  /** The image that a running process now has, by its number in its own pid namespace: `null` where several have it. For rare questions, since it looks at all. */
  findByPid(nsPid: number): ProcessImage | null {
    let found: ProcessImage | null = null;
    for (const image of this.#live.values()) {
      if (image.nsPid !== nsPid) continue;
      if (found !== null && found.pid !== image.pid) return null;
      found = image;
    }
    return found;
  }

  /** Ends every image that still runs, children before parents; what they exit with is not known. */
  endAll(time: bigint): ProcessImage[] {
    const images = [...this.#live.values()].sort((one, other) => other.depth - one.depth);
    for (const image of images) {
      image.end = later(image.start, time);
      this.#retire(image);
    }
    return images;
  }

  #retire(image: ProcessImage): void {
    this.#live.delete(image.id);
    (image.hasForked ? this.#ended : this.#childless).add(image);
  }

  #shedOldest(): void {
    for (const oldest of this.#live.keys()) {
      this.#live.delete(oldest);
      this.shed += 1;
      break;
    }
  }
}

/** The images that ended last, at most so many. */
class LastEnded {
  readonly #most: number;
  readonly #images = new Map<string, ProcessImage>();
  /** Goes on from where it was: one that begins anew passes everything that was deleted before the first. */
  readonly #first = this.#images.keys();

  constructor(most: number) {
    this.#most = most;
  }

  get(id: string): ProcessImage | undefined {
    return this.#images.get(id);
  }

  add(image: ProcessImage): void {
    this.#images.set(image.id, image);
    if (this.#images.size <= this.#most) return;
    const oldest = this.#first.next();
    if (oldest.done !== true) this.#images.delete(oldest.value);
  }
}

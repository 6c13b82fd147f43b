import type { ExecEvent, ExitEvent } from '../decode/events.ts';
import { later } from './time.ts';

/** One executed image: what a process span tells of. Times are nanoseconds since boot. */
export interface ProcessImage {
  readonly id: string;
  readonly pid: number;
  readonly nsPid: number;
  readonly parentPid: number;
  readonly uid: number;
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
  readonly argv: readonly string[];
  readonly start: bigint;
  end: bigint | null;
  exitCode: number | null;
  signal: number | null;
}

export interface TableLimits {
  /** Images that have not ended. */
  readonly live: number;
  /** Ended images kept for children that they left behind. */
  readonly ended: number;
  readonly maxDepth: number;
}

const defaultLimits: TableLimits = { live: 32_768, ended: 8_192, maxDepth: 12 };

/**
 * Executed images by the kernel's image id. Pids are never a key, so their reuse is harmless; a child that only forked is known by the image it inherits.
 * Bounded: the oldest is shed and counted.
 */
export class ProcessTable {
  /** Live images that were dropped for want of room; their ends are not seen. */
  shed = 0;
  readonly #live = new Map<string, ProcessImage>();
  readonly #ended = new Map<string, ProcessImage>();
  readonly #limits: TableLimits;

  constructor(limits: Partial<TableLimits> = {}) {
    this.#limits = { ...defaultLimits, ...limits };
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
      root: event.root,
      parent,
      replaced: event.replaces && before?.pid === event.pid ? before : null,
      depth: (parent?.depth ?? 0) + 1,
      path: event.path,
      filename: event.filename,
      cwd: event.cwd,
      argv: event.argv,
      start: event.time,
      end: null,
      exitCode: null,
      signal: null,
    };
    this.#live.set(image.id, image);
    if (this.#live.size > this.#limits.live) this.#shedOldest();
    return image;
  }

  /** The images that end with this process, the last executed first; none for a child that only forked, and for images never seen. */
  exit(event: ExitEvent): ProcessImage[] {
    const ended: ProcessImage[] = [];
    let image = this.#live.get(event.image) ?? null;
    if (image?.pid !== event.pid) return ended;
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
    return this.#live.get(id) ?? this.#ended.get(id) ?? null;
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
    this.#ended.set(image.id, image);
    if (this.#ended.size <= this.#limits.ended) return;
    for (const oldest of this.#ended.keys()) {
      this.#ended.delete(oldest);
      break;
    }
  }

  #shedOldest(): void {
    for (const oldest of this.#live.keys()) {
      this.#live.delete(oldest);
      this.shed += 1;
      break;
    }
  }
}

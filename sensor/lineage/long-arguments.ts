import { splitStrings } from '../decode/decode-process.ts';
import type { ArgvEvent } from '../decode/process-events.ts';
import type { ProcessImage } from './process-table.ts';

/** Put together at one time; the chunks of an exec follow each other but for what other CPUs tell. */
const maxOpen = 64;
/** Of all images that run: what finds no room keeps the 4 KiB that its exec brought. */
const maxBytes = 8 * 1024 * 1024;
/** The kernel tells no more than this of one argv (ARGV_CHUNKS chunks). */
const maxArgv = 128 * 1024;

interface Open {
  readonly image: ProcessImage;
  readonly parts: Buffer[];
  bytes: number;
}

/** Puts the chunks of long arguments together. A chunk that is missing ends what is known. Bounded. */
export class LongArguments {
  readonly #open = new Map<string, Open>();
  readonly #held = new Map<
    ProcessImage,
    { readonly bytes: number; readonly before: Pick<ProcessImage, 'argv' | 'argvKnown'> }
  >();
  #bytes = 0;

  add(event: ArgvEvent, image: ProcessImage): void {
    const open = this.#open.get(image.id) ?? this.#begin(event, image);
    if (open === null) return;
    const fits = event.offset === open.bytes && open.bytes + event.bytes.length <= maxArgv;
    if (fits) {
      open.parts.push(event.bytes);
      open.bytes += event.bytes.length;
    }
    if (!fits || event.bytes.length === 0 || open.bytes >= Math.min(event.argvBytes, maxArgv)) this.#close(open);
  }

  /** The image ended and was told of: gives its memory back. */
  release(image: ProcessImage): void {
    this.#open.delete(image.id);
    const held = this.#held.get(image);
    if (held === undefined) return;
    this.#held.delete(image);
    this.#bytes -= held.bytes;
    Object.assign(image, held.before);
  }

  #begin(event: ArgvEvent, image: ProcessImage): Open | null {
    if (event.offset !== 0 || this.#held.has(image)) return null;
    const open = { image, parts: [], bytes: 0 };
    this.#open.set(image.id, open);
    for (const oldest of this.#open.values()) {
      if (this.#open.size <= maxOpen) break;
      this.#close(oldest);
    }
    return open;
  }

  #close({ image, parts, bytes }: Open): void {
    this.#open.delete(image.id);
    if (bytes <= image.argvKnown || this.#bytes + bytes > maxBytes) return;
    this.#bytes += bytes;
    this.#held.set(image, { bytes, before: { argv: image.argv, argvKnown: image.argvKnown } });
    image.argv = splitStrings(Buffer.concat(parts, bytes).toString());
    image.argvKnown = bytes;
  }
}

import type { ConnectEvent } from '../decode/socket-events.ts';
import type { ProcessImage } from '../lineage/process-table.ts';
import type { Origin } from '../names/resolved-addresses.ts';
import type { ProcessNode } from '../spans/process-node.ts';
import { isLoopback, isOwnResolver } from './addresses.ts';
import type { Detector } from './detector.ts';
import { hostOf } from './host-of.ts';

/** Where a process last went. */
export interface Source {
  readonly host: string;
  readonly address: string;
  readonly port: number;
}

/** Which hosts outside of this machine the processes of a job are connected to, as far as TCP tells. */
export class Sources implements Detector {
  readonly #byImage = new WeakMap<ProcessImage, Source>();

  connected(event: ConnectEvent, { image }: ProcessNode, origin: Origin | null): null {
    const { address, port, transport } = event;
    if (transport === 'tcp' && !isOwnResolver(event) && !isLoopback(address))
      this.#byImage.set(image, { host: hostOf(event, origin), address, port });
    return null;
  }

  of(image: ProcessImage | null): Source | null {
    return image && (this.#byImage.get(image) ?? null);
  }

  /** Of the image itself or the nearest above it. */
  above(image: ProcessImage): Source | null {
    for (let at: ProcessImage | null = image; at !== null; at = at.parent) {
      const source = this.#byImage.get(at);
      if (source !== undefined) return source;
    }
    return null;
  }
}

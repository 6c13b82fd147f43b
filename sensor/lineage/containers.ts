import type { ExecEvent } from '../decode/process-events.ts';
import type { TaskResult } from '../spans/task-span.ts';
import type { ProcessImage } from './process-table.ts';

/** What the kernel told of a container's first process, with which the container ends. Times are nanoseconds since boot. */
export type FirstProcess = Pick<ProcessImage, 'start' | 'end' | 'exitCode' | 'signal'>;

/** A pod has a few containers, and one that crashes is started again and again. */
const mostContainers = 256;

/** The first processes of the containers that began since the sensor. */
export class Containers {
  readonly #first: ProcessImage[] = [];
  #isCut = false;

  executed(event: ExecEvent, image: ProcessImage): void {
    if (!isFirstOfContainer(event)) return;
    if (this.#first.length < mostContainers) this.#first.push(image);
    else this.#isCut = true;
  }

  /** How the pod ended by the exits of its containers; `null` where they do not say. */
  get result(): TaskResult | null {
    return this.#isCut ? null : resultOfContainers(this.#first);
  }
}

/** The job's own pid namespaces have a first process too, but it descends from another one. */
function isFirstOfContainer({ origin, nsPid, parentImage }: ExecEvent): boolean {
  return origin === 'container' && nsPid === 1 && parentImage === null;
}

/**
 * A container after whose end another one began was an init container or was started again: what came later decides. Of several that remain
 * one that a signal ended (137 and 143 are how shells pass on SIGKILL and SIGTERM) may have served the others and been told to end.
 */
export function resultOfContainers(containers: readonly FirstProcess[]): TaskResult | null {
  const last = containers.filter(({ end }) => end === null || !containers.some(({ start }) => start >= end));
  const endings = last.map(endingOf);
  if (endings.length === 0 || endings.includes('unknown')) return null;
  if (endings.every((ending) => ending === 'success')) return 'success';
  return endings.length === 1 || endings.includes('failure') ? 'failure' : null;
}

function endingOf({ exitCode, signal }: FirstProcess): 'success' | 'failure' | 'told to end' | 'unknown' {
  if (signal !== null || exitCode === 137 || exitCode === 143) return 'told to end';
  if (exitCode === null) return 'unknown';
  return exitCode === 0 ? 'success' : 'failure';
}

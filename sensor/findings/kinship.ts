import type { ProcessImage } from '../lineage/process-table.ts';
import type { ProcessNode } from '../spans/process-node.ts';
import type { JobView, Neighbour } from './detector.ts';

/** How a process stands to another one, of which it wants something. `own`: the same, or one that it started. */
export type Kinship = 'own' | 'runner' | 'other step' | 'same step' | 'unknown';

export function kinshipOf(node: ProcessNode, other: Neighbour | null, job: JobView): Kinship {
  if (other === null) return 'unknown';
  if (descends(other.image, node.image)) return 'own';
  if (isRunner(other, job)) return 'runner';
  return other.scope === node.scope ? 'same step' : 'other step';
}

/** Whether an image is another one or stands below it. */
export function descends(image: ProcessImage, from: ProcessImage): boolean {
  for (let at: ProcessImage | null = image; at !== null; at = at.parent) if (at === from) return true;
  return false;
}

/** The runner that does the job, and what started that (Runner.Listener). */
function isRunner({ image, scope }: Neighbour, job: JobView): boolean {
  const runner = job.runner === null ? null : (job.withImage(job.runner)?.image ?? null);
  if (runner === null) return scope === null && runnerName.test(image.path);
  return descends(runner, image);
}

const runnerName = /\/Runner\.(Worker|Listener)$/;

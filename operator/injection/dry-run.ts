import * as z from 'zod';
import { dryRunAnnotation } from '../../crds/names.ts';
import type { Namespace } from '../kube/objects.ts';

const dryRun = z.object({
  /** `undecided`: pods without a sensor are refused as well, so nothing was learned about the sensor. */
  outcome: z.enum(['admitted', 'refused', 'undecided']),
  /** Since when the outcome is this one, RFC 3339. */
  since: z.iso.datetime(),
  /** The API server's words; empty when admitted. */
  message: z.string().max(1024).default(''),
});

/** What is known of a namespace: whether a pod with a sensor is admitted there. Kept on the namespace, so that every replica and the next leader knows it. */
export type DryRun = z.output<typeof dryRun>;

/** Undefined before the first dry run, or where the annotation cannot be read. */
export function readDryRun({ metadata }: Namespace): DryRun | undefined {
  try {
    return dryRun.safeParse(JSON.parse(metadata.annotations?.[dryRunAnnotation] ?? 'null')).data;
  } catch {
    return undefined;
  }
}

/** In one sentence, with the API server's own words. */
export function describeRefusal({ outcome, message }: DryRun): string {
  return outcome === 'refused'
    ? `this namespace refuses pods because of the sensor in them: ${message}`
    : `this namespace refuses pods with and without a sensor, so that it is not known whether it takes the sensor: ${message}`;
}

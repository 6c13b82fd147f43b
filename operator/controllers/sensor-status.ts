import * as z from 'zod';
import { sensorStatusAnnotation } from '../../crds/names.ts';
import type { Pod } from '../kube/objects.ts';

/** What the gateway wrote onto the pod; the annotation could be written by others too, so it is read with care. */
const sensorStatus = z.object({
  armed: z.boolean(),
  policyHash: z.string().max(128).optional(),
  reason: z.string().max(2048).optional(),
});

export type SensorStatus = z.output<typeof sensorStatus>;

/** The last word of the pod's sensor; undefined before its first, or when it cannot be read. */
export function readSensorStatus(pod: Pod): SensorStatus | undefined {
  try {
    const parsed = sensorStatus.safeParse(JSON.parse(pod.metadata.annotations?.[sensorStatusAnnotation] ?? 'null'));
    return parsed.data;
  } catch {
    return undefined;
  }
}

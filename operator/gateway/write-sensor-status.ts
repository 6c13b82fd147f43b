import { gatewayFieldManager, sensorStatusAnnotation } from '../../crds/names.ts';
import type { KubeClient } from '../kube/client.ts';
import { KubeError } from '../kube/errors.ts';
import type { KubeObject } from '../kube/objects.ts';
import { pods } from '../kube/resources.ts';
import type { PodIdentity } from './identity.ts';
import { GatewayRefusal } from './refusal.ts';

/** No pod of this name: not found, or a conflict because of the uid; another pod of this name: its uid is "immutable" (422). */
const GONE = [404, 409, 422];

/** Writes a sensor's status on its pod by server-side apply. The uid makes it that very pod, never a later one of the same name. */
export async function writeSensorStatus(client: KubeClient, pod: PodIdentity, status: string): Promise<void> {
  const { namespace, name, uid } = pod;
  const object: KubeObject = { metadata: { namespace, name, uid, annotations: { [sensorStatusAnnotation]: status } } };
  try {
    await client.apply(pods, object, { fieldManager: gatewayFieldManager, force: true });
  } catch (cause) {
    if (cause instanceof KubeError && GONE.includes(cause.status)) {
      throw new GatewayRefusal('pod-gone', 'the pod is gone', { status: 409, cause });
    }
    const message = 'the pod cannot be written to now; send again';
    throw new GatewayRefusal('pod-not-written', message, { status: 503, retryAfterSeconds: 5, cause });
  }
}

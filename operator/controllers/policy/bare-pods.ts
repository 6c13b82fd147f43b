import { sensorInjected, sensorLabel } from '../../../crds/names.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { Pod } from '../../kube/objects.ts';
import { pods } from '../../kube/resources.ts';
import type { Clock } from '../../runtime/clock.ts';

/** Lists the pods of a namespace that have no sensor and have not ended, with their metadata alone. */
export type ListBarePods = (namespace: string) => Promise<readonly Pod[]>;

/** Policies of a namespace are looked at with every change of its pods; these pods are few, and need not be known to the second. */
const FRESH_MS = 15_000;

/** They are read now and then instead of watched: to watch them would be to watch every pod of the cluster. */
export function createBarePodsReader(client: KubeClient, clock: Clock): ListBarePods {
  const read = new Map<string, { at: number; pods: Promise<readonly Pod[]> }>();
  return async (namespace) => {
    const known = read.get(namespace);
    if (known !== undefined && clock.now() - known.at < FRESH_MS) return known.pods;
    const listed = listPods(client, namespace);
    read.set(namespace, { at: clock.now(), pods: listed });
    // A failure is told to who asked, and not remembered.
    listed.catch(() => read.delete(namespace));
    return listed;
  };
}

async function listPods(client: KubeClient, namespace: string): Promise<readonly Pod[]> {
  const listed = await client.list<Pod>(pods, {
    namespace,
    labelSelector: `${sensorLabel}!=${sensorInjected}`,
    fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed',
  });
  return listed.map(({ metadata }) => ({ metadata, spec: { containers: [] } }));
}

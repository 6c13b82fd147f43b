import type { Logger } from 'pino';
import type { KubeClient } from '../../kube/client.ts';
import { ignoreNotFound } from '../../kube/errors.ts';
import { namespaces } from '../../kube/resources.ts';
import type { Clock } from '../../runtime/clock.ts';
import { type ControllerObserver, createController } from '../../runtime/controller.ts';
import type { Runnable } from '../../runtime/runnable.ts';
import { byNamespace, type Stores } from '../../stores.ts';
import { decideNamespace } from './decide.ts';

export interface NamespaceControllerOptions {
  client: KubeClient;
  stores: Stores;
  clock: Clock;
  log: Logger;
  observer: ControllerObserver;
}

/** Labels the namespaces where an Enforce policy lives, by which the API server chooses the webhook's entry. */
export function createNamespaceController({ client, stores, ...options }: NamespaceControllerOptions): Runnable {
  return createController({
    ...options,
    name: 'namespace',
    watch: (queue) => [
      stores.namespaces.onChange(({ object }) => queue.add(object.metadata.name)),
      stores.policies.onChange(({ object }) => queue.add(object.metadata.namespace ?? '')),
    ],
    async reconcile({ key, log }) {
      const namespace = stores.namespaces.get(key);
      if (namespace === undefined) return {};
      const patch = decideNamespace(namespace, stores.policies.byIndex(byNamespace, key));
      if (patch.length === 0) return {};
      log.info({ patch }, 'the namespace changes its webhook entry');
      await client.patchJson(namespaces, { name: key }, patch).catch(ignoreNotFound);
      return {};
    },
  });
}

import type { Logger } from 'pino';
import type { KubeClient } from '../../kube/client.ts';
import { mutatingWebhookConfigurations } from '../../kube/resources.ts';
import type { Clock } from '../../runtime/clock.ts';
import { type ControllerObserver, createController } from '../../runtime/controller.ts';
import type { Runnable } from '../../runtime/runnable.ts';
import type { Stores } from '../../stores.ts';
import { decideWebhookConfig } from './decide.ts';

export interface WebhookConfigControllerOptions {
  client: KubeClient;
  stores: Stores;
  /** The name of our MutatingWebhookConfiguration. */
  name: string;
  /** The certificates by which the API server knows the webhook, PEM. */
  bundle(): string;
  /** Calls back whenever the bundle has changed. */
  onBundleChange(handler: () => void): () => void;
  clock: Clock;
  log: Logger;
  observer: ControllerObserver;
}

/** Keeps `caBundle` in the MutatingWebhookConfiguration at the present certificates. */
export function createWebhookConfigController(options: WebhookConfigControllerOptions): Runnable {
  const { client, stores, name, bundle, onBundleChange, ...rest } = options;
  return createController({
    ...rest,
    name: 'webhook-config',
    watch: (queue) => [
      stores.webhookConfigurations.onChange(({ object }) => queue.add(object.metadata.name)),
      onBundleChange(() => queue.add(name)),
    ],
    async reconcile({ key, log }) {
      const configuration = stores.webhookConfigurations.get(key);
      if (configuration === undefined) return {};
      const patch = decideWebhookConfig(configuration, bundle());
      if (patch.length === 0) return {};
      log.info('the webhook configuration gets the present certificates');
      await client.patchJson(mutatingWebhookConfigurations, { name: key }, patch);
      return {};
    },
  });
}

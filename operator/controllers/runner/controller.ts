import type { Logger } from 'pino';
import type { PolicyImage } from '../../../crds/policy-image.ts';
import type { KubeClient } from '../../kube/client.ts';
import { ignoreNotFound } from '../../kube/errors.ts';
import { joinKey, keyOf, splitKey } from '../../kube/objects.ts';
import { pods } from '../../kube/resources.ts';
import type { Clock } from '../../runtime/clock.ts';
import { type ControllerObserver, createController } from '../../runtime/controller.ts';
import type { Runnable } from '../../runtime/runnable.ts';
import { byNamespace, type Stores } from '../../stores.ts';
import type { ReadHeldImage } from '../held-image.ts';
import type { PolicyBook } from '../policy/policy-book.ts';
import type { Recorder } from '../recorder.ts';
import { decideRunner, runnerPatch } from './decide.ts';

export interface RunnerControllerOptions {
  client: KubeClient;
  stores: Stores;
  book: PolicyBook;
  readImage: ReadHeldImage;
  /** Throws `policy-image-too-large`. */
  sign: (image: PolicyImage) => string;
  recorder: Recorder;
  clock: Clock;
  log: Logger;
  observer: ControllerObserver;
}

/** Keeps the signed policy and the labels of running pods at what their policies say now, and says when a sensor is not armed. */
export function createRunnerController(options: RunnerControllerOptions): Runnable {
  const { client, stores, book, readImage, sign, recorder, ...rest } = options;
  return createController({
    ...rest,
    name: 'runner',
    workers: 4,
    watch: (queue) => [
      stores.pods.onChange(({ object }) => queue.add(keyOf(object))),
      stores.policies.onChange(({ object }) => {
        for (const pod of stores.pods.byIndex(byNamespace, object.metadata.namespace ?? '')) queue.add(keyOf(pod));
      }),
    ],
    async reconcile({ key, log }) {
      const pod = stores.pods.get(key);
      if (pod === undefined) return {};
      const entries = book.entries(splitKey(key).namespace ?? '');
      const policies = entries.flatMap(({ inForce }) => inForce ?? []);
      const unreadable = entries.flatMap(({ object, inForce }) =>
        inForce === undefined ? [object.metadata.name] : [],
      );
      const labelsOf = (name: string) =>
        stores.pods.get(joinKey(pod.metadata.namespace, name))?.metadata.labels ?? undefined;
      const { image, labels, notices } = decideRunner({ pod, policies, labelsOf, unreadable, held: readImage(pod) });
      const patch = runnerPatch(pod, labels, image === undefined ? undefined : sign(image));
      if (patch.length > 0) {
        log.info({ generation: image?.generation, labels: labels.length }, 'the pod gets its present policy');
        await client.patchJson(pods, pod.metadata, patch).catch(ignoreNotFound);
      }
      for (const notice of notices) await recorder.record(pod, notice);
      return {};
    },
  });
}

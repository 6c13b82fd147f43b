import type { Logger } from 'pino';
import type { Gauge } from 'prom-client';
import { describeError } from '../../../crds/errors.ts';
import { readDryRun } from '../../injection/dry-run.ts';
import type { InjectionPlan, RawPod } from '../../injection/injection-plan.ts';
import { bareSamples, withSensor } from '../../injection/sample-pod.ts';
import type { KubeClient } from '../../kube/client.ts';
import { ignoreNotFound, KubeError } from '../../kube/errors.ts';
import type { KubeObject, Namespace } from '../../kube/objects.ts';
import { namespaces, pods } from '../../kube/resources.ts';
import type { Clock } from '../../runtime/clock.ts';
import { type ControllerObserver, createController, type Result } from '../../runtime/controller.ts';
import type { Runnable } from '../../runtime/runnable.ts';
import type { Stores } from '../../stores.ts';
import type { Recorder } from '../recorder.ts';
import { type Answer, type Findings, isChosen, nextRecord, noticeOf, recordPatch, retryAfterMs } from './decide.ts';

export interface DryRunControllerOptions {
  client: KubeClient;
  stores: Stores;
  /** Namespaces whose pods never get a sensor. */
  exempt: readonly string[];
  /** What a pod of the namespace that no policy selects would get. */
  plan(namespace: string): InjectionPlan;
  recorder: Recorder;
  /** 1 for a namespace that admits pods with a sensor, else 0; its one label is `namespace`. */
  admitted: Gauge<'namespace'>;
  clock: Clock;
  log: Logger;
  observer: ControllerObserver;
}

/**
 * Finds out by dry runs whether each chosen namespace takes pods with a sensor, before a job meets a refusal: runner controllers give a pod up for good
 * on 403 and 422, and Pod Security, quotas, limits and other webhooks speak after us.
 */
export function createDryRunController(options: DryRunControllerOptions): Runnable {
  const { stores, exempt, admitted } = options;
  return createController({
    ...options,
    name: 'dry-run',
    watch: (queue) => [stores.namespaces.onChange(({ object }) => queue.add(object.metadata.name))],
    async reconcile({ key, log }) {
      const namespace = stores.namespaces.get(key);
      if (namespace !== undefined && isChosen(namespace) && !exempt.includes(key)) {
        return tryNamespace(options, namespace, log);
      }
      // What is known stays on the namespace: it may be chosen again, and its next pod comes before the next dry run.
      admitted.remove(key);
      return {};
    },
  });
}

async function tryNamespace(options: DryRunControllerOptions, namespace: Namespace, log: Logger): Promise<Result> {
  const { client, plan, recorder, admitted, clock } = options;
  const { name } = namespace.metadata;
  const before = readDryRun(namespace);
  const record = nextRecord(before, await tryPods(client, name, plan(name)), clock.now());
  if (record !== before) log.info({ outcome: record.outcome, said: record.message }, 'the namespace was tried');
  const patch = recordPatch(namespace, record);
  if (patch.length > 0) await client.patchJson(namespaces, { name }, patch).catch(ignoreNotFound);
  admitted.set({ namespace: name }, record.outcome === 'admitted' ? 1 : 0);
  const notice = noticeOf(record);
  if (notice !== undefined) await recorder.record(namespace, notice);
  return { requeueAfterMs: retryAfterMs(record, clock.now()) };
}

/** The first sample that the namespace takes is the one whose fate with a sensor tells something. */
async function tryPods(client: KubeClient, namespace: string, plan: InjectionPlan): Promise<Findings> {
  let last: Findings | undefined;
  for (const sample of bareSamples(namespace)) {
    const injected = await tryPod(client, withSensor(sample, plan));
    if (injected.admitted) return { bare: injected, withSensor: injected };
    const bare = await tryPod(client, sample);
    last = { bare, withSensor: injected };
    if (bare.admitted) return last;
  }
  if (last === undefined) throw new Error('there is no sample to try');
  return last;
}

/** @throws KubeError when there was no answer about the pod, such as from a webhook that is away */
async function tryPod(client: KubeClient, pod: RawPod): Promise<Answer> {
  try {
    await client.tryCreate(pods, pod as unknown as KubeObject);
    return { admitted: true };
  } catch (error) {
    if (!(error instanceof KubeError) || !refusals.has(error.status)) throw error;
    return { admitted: false, message: describeError(error) };
  }
}

/** What admission answers that has decided against a pod. */
const refusals: ReadonlySet<number> = new Set([400, 403, 422]);

import type { Logger } from 'pino';
import { networkPolicyNameFor } from '../../../crds/names.ts';
import type { KubeObject, NetworkPolicy } from '../../kube/objects.ts';
import { joinKey, keyOf } from '../../kube/objects.ts';
import type { Clock } from '../../runtime/clock.ts';
import { type ControllerObserver, createController } from '../../runtime/controller.ts';
import type { Queue } from '../../runtime/queue.ts';
import type { Runnable } from '../../runtime/runnable.ts';
import { byNamespace, byService } from '../../stores.ts';
import { actOnPolicy, type PolicyHands } from './act.ts';
import { decidePolicy } from './decide.ts';
import { createDriftMemory } from './drift.ts';
import { gatherPolicy, type PolicySources } from './gather.ts';

/** How often endpoints that are not watched are read again. */
const POLL_MS = 30_000;

export interface PolicyControllerOptions {
  sources: PolicySources;
  hands: PolicyHands;
  clock: Clock;
  log: Logger;
  observer: ControllerObserver;
}

/** Brings each AgentPolicy into force: its NetworkPolicy, its finalizer, its status. */
export function createPolicyController({ sources, hands, ...options }: PolicyControllerOptions): Runnable {
  const drift = createDriftMemory();
  return createController({
    ...options,
    name: 'agentpolicy',
    watch: (queue) => watchPolicies(sources, queue),
    async reconcile({ key, log }) {
      const gathered = await gatherPolicy(sources, key, options.clock.now());
      if (gathered === undefined) {
        drift.forget(key);
        return {};
      }
      const { world, isPolled } = gathered;
      const decision = decidePolicy(world);
      const notice = drift.notice(key, world.live, decision.network);
      const notices = notice === undefined ? decision.notices : [...decision.notices, notice];
      if (decision.network.do !== 'keep') log.info({ action: decision.network.do }, 'NetworkPolicy');
      await actOnPolicy(hands, world, { ...decision, notices });
      return isPolled ? { requeueAfterMs: POLL_MS } : {};
    },
  });
}

/** Which policies a change is about. */
function watchPolicies({ stores }: PolicySources, queue: Pick<Queue, 'add'>): (() => void)[] {
  const addAll = (policies: readonly KubeObject[]): void => {
    for (const policy of policies) queue.add(keyOf(policy));
  };
  // Policies of a namespace share the room on a pod, and pods tell the state of several.
  const addNamespace = ({ object }: { object: KubeObject }): void =>
    addAll(stores.policies.byIndex(byNamespace, object.metadata.namespace ?? ''));
  return [
    stores.policies.onChange(({ object }) => {
      queue.add(keyOf(object));
      addNamespace({ object });
    }),
    stores.pods.onChange(addNamespace),
    stores.namespaces.onChange(({ object }) => addAll(stores.policies.byIndex(byNamespace, object.metadata.name))),
    stores.networkPolicies.onChange(({ object }) => addOwner(object, queue)),
    stores.services.onChange(({ object }) => addAll(stores.policies.byIndex(byService, keyOf(object)))),
  ];
}

/** By name, since an owner reference may be just what another writer took away. */
function addOwner({ metadata }: NetworkPolicy, queue: Pick<Queue, 'add'>): void {
  const prefix = networkPolicyNameFor('');
  if (metadata.name.startsWith(prefix)) queue.add(joinKey(metadata.namespace, metadata.name.slice(prefix.length)));
}

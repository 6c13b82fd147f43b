import { isDeepStrictEqual } from 'node:util';
import type { AgentPolicyStatus } from '../../../crds/agent-policy-status.ts';
import { describeError } from '../../../crds/errors.ts';
import {
  coveredPodsFinalizer,
  networkPolicyNameFor,
  operatorFieldManager,
  statusFieldManager,
} from '../../../crds/names.ts';
import type { JsonPatchOperation, KubeClient } from '../../kube/client.ts';
import { ignoreNotFound } from '../../kube/errors.ts';
import type { KubeObject } from '../../kube/objects.ts';
import { networkPolicies } from '../../kube/resources.ts';
import { agentPolicies } from '../../stores.ts';
import type { Recorder } from '../recorder.ts';
import { mergeConditions, type Statement } from './conditions.ts';
import type { NetworkAction, PolicyDecision, PolicyWorld } from './decide.ts';

/** With what a decision is carried out. */
export interface PolicyHands {
  client: KubeClient;
  recorder: Recorder;
}

type Policy = KubeObject & { status?: AgentPolicyStatus };

/**
 * Carries out a decision, in the order that leaves no pod open: the finalizer goes on before the NetworkPolicy is made, and off after it is gone.
 * A NetworkPolicy that cannot be written is said in the status before the error goes on.
 */
export async function actOnPolicy(hands: PolicyHands, world: PolicyWorld, decision: PolicyDecision): Promise<void> {
  const { client, recorder } = hands;
  const policy: Policy = world.entry.object;
  if (decision.finalizer) await setFinalizer(client, policy, true);
  try {
    await actOnNetwork(client, policy, decision.network);
  } catch (error) {
    if (decision.status !== undefined)
      await writeStatus(client, policy, withNetworkError(world, decision.status, error));
    throw error;
  }
  if (!decision.finalizer) await setFinalizer(client, policy, false);
  if (decision.status !== undefined) await writeStatus(client, policy, decision.status);
  for (const notice of decision.notices) await recorder.record(policy, notice);
}

async function actOnNetwork(client: KubeClient, { metadata }: Policy, action: NetworkAction): Promise<void> {
  const { namespace, name } = metadata;
  if (action.do === 'apply') {
    // Not found is the namespace, with which the policy goes, too.
    await client
      .apply(networkPolicies, action.object, { fieldManager: operatorFieldManager, force: true })
      .catch(ignoreNotFound);
  } else if (action.do === 'delete') {
    await client.delete(networkPolicies, { namespace, name: networkPolicyNameFor(name) });
  }
}

/** The version is tested, so that a finalizer that another has put on or off meanwhile is not undone. */
async function setFinalizer(client: KubeClient, { metadata }: Policy, wanted: boolean): Promise<void> {
  const { namespace, name, resourceVersion, finalizers = [], deletionTimestamp } = metadata;
  const stands = finalizers.includes(coveredPodsFinalizer);
  // The API server takes no new finalizer for an object that is being deleted.
  if (stands === wanted || (wanted && deletionTimestamp !== undefined)) return;
  const value = wanted
    ? [...finalizers, coveredPodsFinalizer]
    : finalizers.filter((finalizer) => finalizer !== coveredPodsFinalizer);
  const patch: JsonPatchOperation[] = [
    { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
    { op: 'add', path: '/metadata/finalizers', value },
  ];
  await client.patchJson(agentPolicies, { namespace, name }, patch).catch(ignoreNotFound);
}

async function writeStatus(client: KubeClient, policy: Policy, status: AgentPolicyStatus): Promise<void> {
  // What the gateway counts there is its own to write.
  const { findings: _, ...ours } = policy.status ?? {};
  if (isDeepStrictEqual(ours, status)) return;
  const { namespace, name, uid } = policy.metadata;
  const object = { metadata: { name, ...(namespace && { namespace }), ...(uid && { uid }) }, status };
  await client
    .applyStatus(agentPolicies, object as KubeObject, { fieldManager: statusFieldManager, force: true })
    .catch(ignoreNotFound);
}

function withNetworkError({ entry, now }: PolicyWorld, status: AgentPolicyStatus, error: unknown): AgentPolicyStatus {
  const message = `The NetworkPolicy cannot be written: ${describeError(error)}`;
  const { status: before, metadata }: Policy = entry.object;
  const failed = (['NetworkPolicyReady', 'Ready'] as const).map(
    (type): Statement => ({ type, status: 'False', reason: 'ApplyFailed', message }),
  );
  const replaced = mergeConditions(before?.conditions ?? [], failed, { generation: metadata.generation ?? 0, now });
  const kept = (status.conditions ?? []).filter(({ type }) => failed.every((statement) => statement.type !== type));
  return { ...status, conditions: [...kept, ...replaced] };
}

import { ChaperoneError } from '../../crds/errors.ts';
import {
  coveredPodsFinalizer,
  dryRunAnnotation,
  enforceNamespaceLabel,
  gatewayFieldManager,
  policyLabelPrefix,
  sensorInjected,
  sensorLabel,
  statusFieldManager,
} from '../../crds/names.ts';
import type { UninstallConfig } from '../config.ts';
import { jsonPointer } from '../controllers/json-pointer.ts';
import { hasNotEnded } from '../controllers/policy/runners.ts';
import type { JsonPatchOperation, KubeClient, ListOptions } from '../kube/client.ts';
import { isNotFound } from '../kube/errors.ts';
import { type KubeObject, keyOf, type Pod } from '../kube/objects.ts';
import {
  leases,
  mutatingWebhookConfigurations,
  namespaces,
  networkPolicies,
  pods,
  type Resource,
  resource,
  secrets,
} from '../kube/resources.ts';
import { sleep } from '../runtime/clock.ts';
import { agentPolicies, managedByUs, selectorOf } from '../stores.ts';
import { openEnvironment, type ProcessContext } from './environment.ts';
import { operatorLease } from './run-operator.ts';

const deployments: Resource = resource('apps', 'v1', 'Deployment', 'deployments', true);
const ourSecrets = ['chaperone-ca', 'chaperone-gateway-tls', 'chaperone-signing-key'];
const POLL_MS = 2_000;
/** A replica of ours ends within 30 s; one that does not is taken along by helm. */
const OPERATOR_END_MS = 60_000;

/** What the removal works with. */
export interface UninstallContext extends ProcessContext {
  client: KubeClient;
}

/** Runs the removal as helm's pre-delete hook does. */
export async function runUninstall(config: UninstallConfig, context: ProcessContext): Promise<void> {
  const environment = openEnvironment(config, context);
  try {
    await uninstall(config, environment);
  } finally {
    await environment.transport.close();
  }
}

/**
 * Takes away all that the operator made and the chart does not know. Can be called again after it was interrupted.
 * New pods go without a sensor from the first step on; running jobs that a policy holds may end within the limit before their NetworkPolicy goes.
 */
export async function uninstall(config: UninstallConfig, context: UninstallContext): Promise<void> {
  const { client, log } = context;
  await client.delete(mutatingWebhookConfigurations, { name: config.webhookConfiguration });
  log.info('new pods get no sensor any more');
  await awaitRunners(config, context);
  refuseInterrupted(context);
  await endOperator(config, context);
  await releasePolicies(context);
  await unmarkNamespaces(context);
  await deleteNetworkPolicies(context);
  for (const name of ourSecrets) await client.delete(secrets, { namespace: config.namespace, name });
  await client.delete(leases, { namespace: config.namespace, name: operatorLease });
  log.info('secrets and lease are deleted; nothing of the operator is left but what helm removes now');
}

async function awaitRunners({ waitMs }: UninstallConfig, context: UninstallContext): Promise<void> {
  const { client, log } = context;
  const remaining = await awaitNone(context, waitMs, async () => {
    const injected = await client.list<Pod>(pods, { labelSelector: `${sensorLabel}=${sensorInjected}` });
    return injected.filter((pod) => hasNotEnded(pod) && isHeld(pod));
  });
  if (remaining.length === 0) log.info('no running pod is held by a policy');
  else
    log.warn({ pods: remaining.map(keyOf) }, `${remaining.length} pods still run and are no longer held from now on`);
}

/** Who is told to end has not waited for the running jobs: they stay held, and the next call goes on from here. */
function refuseInterrupted({ signal }: UninstallContext): void {
  if (!signal.aborted) return;
  throw new ChaperoneError(
    'uninstall-interrupted',
    'The removal was told to end before the pods that policies hold had ended: they are still held; run it again.',
  );
}

function isHeld({ metadata }: Pod): boolean {
  return Object.keys(metadata.labels ?? {}).some((label) => label.startsWith(policyLabelPrefix));
}

/** The operator would put everything back: it ends first. */
async function endOperator({ namespace, operator }: UninstallConfig, context: UninstallContext): Promise<void> {
  const { client, log } = context;
  const scaled = await exists(() =>
    client.patchJson(deployments, { namespace, name: operator.deployment }, [
      { op: 'add', path: '/spec/replicas', value: 0 },
    ]),
  );
  if (!scaled) return;
  const selection: ListOptions = { namespace, labelSelector: selectorOf(operator.podLabels) };
  const remaining = await awaitNone(context, OPERATOR_END_MS, async () =>
    (await client.list<Pod>(pods, selection)).filter(hasNotEnded),
  );
  if (remaining.length === 0) log.info('the operator has ended');
  else log.warn({ pods: remaining.map(keyOf) }, 'the operator has not ended in time');
}

/** Asks until nothing remains or the time is over; gives what remains. */
async function awaitNone<T>(context: UninstallContext, limitMs: number, ask: () => Promise<T[]>): Promise<T[]> {
  const { clock, log, signal } = context;
  const deadline = clock.now() + limitMs;
  let remaining = await ask();
  let told = 0;
  while (remaining.length > 0 && clock.now() < deadline && !signal.aborted) {
    if (remaining.length !== told) log.info(`waiting for ${remaining.length} pods to end`);
    told = remaining.length;
    await sleep(clock, POLL_MS, signal);
    remaining = await ask();
  }
  return remaining;
}

/** The policies themselves are the user's, and stay as long as their definition does: without finalizer, and without a status that nobody keeps. */
async function releasePolicies({ client, log }: UninstallContext): Promise<void> {
  const policies = await listExisting(client, agentPolicies);
  for (const { metadata } of policies) {
    const { name, namespace = '', finalizers = [] } = metadata;
    const bare: KubeObject = { metadata: { name, namespace } };
    for (const fieldManager of [statusFieldManager, gatewayFieldManager]) {
      await exists(() => client.applyStatus(agentPolicies, bare, { fieldManager, force: true }));
    }
    if (!finalizers.includes(coveredPodsFinalizer)) continue;
    const value = finalizers.filter((finalizer) => finalizer !== coveredPodsFinalizer);
    await exists(() =>
      client.patchJson(agentPolicies, { namespace, name }, [
        { op: 'test', path: '/metadata/finalizers', value: finalizers },
        { op: 'replace', path: '/metadata/finalizers', value },
      ]),
    );
  }
  log.info(`${policies.length} AgentPolicies are released`);
}

async function unmarkNamespaces({ client, log }: UninstallContext): Promise<void> {
  let marked = 0;
  for (const { metadata } of await client.list(namespaces)) {
    const patch: JsonPatchOperation[] = [];
    if (metadata.labels?.[enforceNamespaceLabel] !== undefined)
      patch.push({ op: 'remove', path: jsonPointer('metadata', 'labels', enforceNamespaceLabel) });
    if (metadata.annotations?.[dryRunAnnotation] !== undefined)
      patch.push({ op: 'remove', path: jsonPointer('metadata', 'annotations', dryRunAnnotation) });
    if (patch.length === 0) continue;
    await exists(() => client.patchJson(namespaces, metadata, patch));
    marked += 1;
  }
  log.info(`${marked} namespaces are unmarked`);
}

async function deleteNetworkPolicies({ client, log }: UninstallContext): Promise<void> {
  const ours = await client.list(networkPolicies, { labelSelector: selectorOf(managedByUs) });
  for (const { metadata } of ours) await client.delete(networkPolicies, metadata);
  log.info(`${ours.length} NetworkPolicies are deleted`);
}

/** A kind whose definition is gone has no objects. */
async function listExisting(client: KubeClient, kind: Resource): Promise<KubeObject[]> {
  try {
    return await client.list(kind);
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

/** Does the work; false when its object is gone already. */
async function exists(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

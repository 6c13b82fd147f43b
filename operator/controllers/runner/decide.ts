import { isDeepStrictEqual } from 'node:util';
import type { AgentPolicy } from '../../../crds/agent-policy.ts';
import { egressDefaultLabel, policyAnnotation, policyLabelPrefix, sensorContainer } from '../../../crds/names.ts';
import type { PolicyImage } from '../../../crds/policy-image.ts';
import type { JsonPatchOperation } from '../../kube/client.ts';
import type { Pod } from '../../kube/objects.ts';
import { compilePolicyImage } from '../../policy/compile-policy-image.ts';
import type { Neighbourhood } from '../../policy/governing-policies.ts';
import { stampedLabels } from '../../policy/stamp-labels.ts';
import type { HeldImage } from '../held-image.ts';
import { jsonPointer } from '../json-pointer.ts';
import { isLastWords } from '../last-words/decide.ts';
import { hasNotEnded, isCoveredBy, policiesOf } from '../policy/runners.ts';
import type { Notice } from '../recorder.ts';
import { readSensorStatus } from '../sensor-status.ts';

/** All that a decision about one injected pod depends on. */
export interface RunnerWorld {
  pod: Pod;
  /** The namespace's policies in force, those that are being deleted included. */
  policies: readonly AgentPolicy[];
  /** Labels of the namespace's other pods with a sensor, by their names. */
  labelsOf: Neighbourhood['labelsOf'];
  /** Names of the namespace's policies that cannot be read and have no predecessor in force. */
  unreadable: readonly string[];
  /** The image that the pod carries. */
  held: HeldImage | undefined;
}

export interface RunnerDecision {
  /** The image to be signed and put on the pod; undefined when it carries it. */
  image: PolicyImage | undefined;
  /** Brings the labels to what the image says. */
  labels: readonly JsonPatchOperation[];
  notices: readonly Notice[];
}

/** Decides what becomes of one injected pod; does nothing. */
export function decideRunner({ pod, policies, labelsOf, unreadable, held }: RunnerWorld): RunnerDecision {
  if (!hasNotEnded(pod) || pod.metadata.deletionTimestamp !== undefined) {
    return { image: undefined, labels: [], notices: [] };
  }
  // What a policy that cannot be read holds stays as it is: to leave the policy out would open the pod.
  if (unreadable.some((name) => isCoveredBy(pod, name))) {
    return { image: undefined, labels: [], notices: held === undefined ? [] : noticesOf(pod, held.image) };
  }
  const own = policiesOf(pod, { policies, labelsOf }, held);
  const { payload } = compilePolicyImage(pod.metadata.namespace ?? '', own);
  return {
    image: successor(held, payload),
    labels: [...patchLabels(pod, stampedLabels(payload))],
    notices: noticesOf(pod, held?.image ?? payload),
  };
}

/**
 * The image that follows the one on the pod; undefined when they say the same. Its generation is higher than the pod's, whatever the sum of the policies'
 * generations has become (it falls when a policy goes): the sensor takes no image of a generation that is not higher.
 */
function successor(held: HeldImage | undefined, wanted: PolicyImage): PolicyImage | undefined {
  if (held === undefined) return wanted;
  const generation = Math.max(wanted.generation, held.image.generation + 1);
  const isSame = isDeepStrictEqual({ ...held.image, generation: 0 }, { ...wanted, generation: 0 });
  return isSame ? undefined : { ...wanted, generation };
}

/** Only labels that the stamp is about; all others are the user's. */
function* patchLabels({ metadata }: Pod, stamped: Readonly<Record<string, string>>): Generator<JsonPatchOperation> {
  const present = metadata.labels ?? {};
  for (const [key, value] of Object.entries(stamped)) {
    if (present[key] !== value) yield { op: 'add', path: jsonPointer('metadata', 'labels', key), value };
  }
  for (const key of Object.keys(present)) {
    const isOurs = key.startsWith(policyLabelPrefix) || key === egressDefaultLabel;
    if (isOurs && stamped[key] === undefined) yield { op: 'remove', path: jsonPointer('metadata', 'labels', key) };
  }
}

function noticesOf(pod: Pod, image: PolicyImage): Notice[] {
  const why = whyNotArmed(pod);
  if (why === undefined) return [];
  const isHeldBack = image.mode === 'Enforce' && image.failureMode === 'Closed';
  const outcome = isHeldBack ? 'the job does not start' : 'the job runs unobserved';
  const note = `The sensor could not be armed, so ${outcome}: ${why}`;
  return [{ type: 'Warning', reason: 'SensorNotArmed', action: 'Arm', note }];
}

/** In the sensor's own words: by the gateway, or, where it could not reach it, left behind when the kubelet stopped it. Undefined while nothing is wrong. */
function whyNotArmed(pod: Pod): string | undefined {
  const said = readSensorStatus(pod);
  if (said !== undefined) return said.armed ? undefined : (said.reason ?? 'it gave no reason');
  const container = pod.status?.initContainerStatuses?.find(({ name }) => name === sensorContainer);
  if (pod.status?.phase !== 'Pending' || container === undefined || container.restartCount === 0) return undefined;
  const message = container.lastState?.terminated?.message ?? '';
  const lastWords = isLastWords(message) ? '' : message.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').trim();
  return lastWords === '' ? `it was started ${container.restartCount + 1} times` : lastWords;
}

/** The patch that carries out a decision on this very pod. `annotation` is the signed image, if there is one to put on. */
export function runnerPatch(
  { metadata }: Pod,
  labels: readonly JsonPatchOperation[],
  annotation: string | undefined,
): JsonPatchOperation[] {
  const image = annotation === undefined ? [] : [annotate(metadata, annotation)];
  const changes = [...image, ...labels];
  // A later pod may have the same name.
  return changes.length === 0 ? [] : [{ op: 'test', path: '/metadata/uid', value: metadata.uid }, ...changes];
}

function annotate({ annotations }: Pod['metadata'], value: string): JsonPatchOperation {
  if (annotations === undefined) {
    return { op: 'add', path: jsonPointer('metadata', 'annotations'), value: { [policyAnnotation]: value } };
  }
  return { op: 'add', path: jsonPointer('metadata', 'annotations', policyAnnotation), value };
}

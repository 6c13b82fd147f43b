import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../../crds/canonical-json.ts';
import {
  diagVolume,
  egressDefaultLabel,
  injectedAnnotation,
  policyAnnotation,
  policyLabelPrefix,
  sensorContainer,
  sensorLabel,
  sensorStatusAnnotation,
} from '../../crds/names.ts';
import { withAgentVariables } from './agent-variables.ts';
import { withDiagMount } from './diag-mount.ts';
import { digestOf, type InjectionPlan, type RawPod } from './injection-plan.ts';
import { diffObjects, type JsonPatch } from './json-patch.ts';
import { named, objectAt, objectsAt } from './raw-pod.ts';
import { sensorContainerOf, sensorVolumes } from './sensor-parts.ts';

/**
 * The patch that puts the sensor into the pod, as its first init container; empty where the pod already is what the plan makes of it.
 * Ask `decideInjectable` first: names of ours in the pod are taken for an earlier injection's.
 */
export function injectPod(pod: RawPod, plan: InjectionPlan): JsonPatch {
  return diffObjects(pod, injectedPod(pod, plan));
}

/** The pod as `injectPod` makes it. */
export function injectedPod(pod: RawPod, plan: InjectionPlan): RawPod {
  const spec = objectAt(pod, 'spec');
  const metadata = objectAt(pod, 'metadata');
  const { containers, diag } = withDiagMount(objectsAt(spec, 'containers'), plan.diag);
  const asked = askable(plan, spec);
  const volumes = sensorVolumes(diag?.name === diagVolume);
  const sensor = sensorContainerOf(fittingPlan(asked, spec), diag);
  const digest = digestOf({ sensor, volumes });
  const isSamePlan = objectAt(metadata, 'annotations')[injectedAnnotation] === digest;
  return {
    ...pod,
    metadata: {
      ...metadata,
      labels: { ...withoutStamps(objectAt(metadata, 'labels')), ...plan.labels },
      annotations: annotationsWith(objectAt(metadata, 'annotations'), plan, digest),
    },
    spec: {
      ...spec,
      initContainers: withSensor(objectsAt(spec, 'initContainers'), sensor, isSamePlan),
      containers: withAgentVariables(containers, asked.asksAgents),
      volumes: withVolumes(objectsAt(spec, 'volumes'), volumes),
    },
  };
}

/** Where the whole pod has a budget, a request of ours could exceed it, and the API server would refuse the pod for good. */
function fittingPlan(plan: InjectionPlan, spec: JsonObject): InjectionPlan {
  return spec.resources === undefined ? plan : { ...plan, resources: {} };
}

/** In the node's own network, loopback is everybody's. */
function askable(plan: InjectionPlan, spec: JsonObject): InjectionPlan {
  return spec.hostNetwork === true ? { ...plan, asksAgents: false } : plan;
}

/** A label of ours that the plan does not give would let the pod be selected by a NetworkPolicy that is not meant for it. */
function withoutStamps(labels: JsonObject): JsonObject {
  const isStamp = (key: string) =>
    key.startsWith(policyLabelPrefix) || key === sensorLabel || key === egressDefaultLabel;
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !isStamp(key)));
}

/** The sensor's status is the gateway's to write: what a new pod brings along is not true. */
function annotationsWith(annotations: JsonObject, plan: InjectionPlan, digest: string): JsonObject {
  const { [sensorStatusAnnotation]: _untrue, ...others } = annotations;
  return { ...others, [policyAnnotation]: plan.signedPolicy, [injectedAnnotation]: digest };
}

/** Always first, also where another webhook or the pod's author put something before it: the API server asks again once at most, so nobody takes turns. */
function withSensor(initContainers: JsonObject[], sensor: JsonObject, isSamePlan: boolean): JsonObject[] {
  const present = named(initContainers, sensorContainer);
  const isKept = present !== undefined && isSamePlan && isUntouched(present, sensor);
  return [isKept ? present : sensor, ...initContainers.filter((container) => container !== present)];
}

/** Others may size every container (VerticalPodAutoscaler) and give it the pod's token (the API server itself): no reason to write it anew. All else is undone. */
function isUntouched(present: JsonObject, sensor: JsonObject): boolean {
  const volumeMounts = objectsAt(present, 'volumeMounts').filter(
    (mount) => mount.mountPath !== serviceAccountDirectory,
  );
  return isDeepStrictEqual({ ...present, volumeMounts, resources: sensor.resources }, sensor);
}

const serviceAccountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';

function withVolumes(present: JsonObject[], wanted: JsonObject[]): JsonObject[] {
  const kept = present
    .filter((volume) => volume.name !== diagVolume || named(wanted, diagVolume) !== undefined)
    .map((volume) => named(wanted, String(volume.name)) ?? volume);
  return [...kept, ...wanted.filter((volume) => named(present, String(volume.name)) === undefined)];
}

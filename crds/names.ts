/** Every name that operator, sensor, chart and users share: API, labels, annotations, containers, volumes. */

/** The API group of {@link AgentPolicy}, and the prefix of labels and annotations. */
export const apiGroup = 'chaperone.dev';
export const apiVersion = `${apiGroup}/v1alpha1`;

/** Namespace label, set by the user to {@link injectionEnabled}: pods of the namespace get a sensor. Pod label, set by the user to {@link injectionDisabled}: this pod gets none (not under Enforce). */
export const injectionLabel = `${apiGroup}/injection`;
export const injectionEnabled = 'enabled';
export const injectionDisabled = 'disabled';
/** Namespace label, set by the operator to `"true"` while a policy with mode Enforce lives there. */
export const enforceNamespaceLabel = `${apiGroup}/enforce`;

/** Namespace annotation, written by the operator: JSON that says whether a dry run of a pod with a sensor was admitted there. */
export const dryRunAnnotation = `${apiGroup}/dry-run`;
/** Pod label of the sample that the operator makes in dry runs, by which our webhook and others can tell it. Such a pod never runs. */
export const sampleLabel = `${apiGroup}/sample`;

/** Pod label stamped on every pod that has a sensor, with {@link sensorInjected} as its value. */
export const sensorLabel = `${apiGroup}/sensor`;
export const sensorInjected = 'injected';
/** Prefix of the pod labels that say which Enforce policies hold the pod; the rest of the key is the policy's name. */
export const policyLabelPrefix = `policy.${apiGroup}/`;
export const policyLabelEnforce = 'enforce';
/** Pod label stamped with {@link egressDefaultDeny} when the merged default of the pod's Enforce policies is Deny. */
export const egressDefaultLabel = `${apiGroup}/egress-default`;
export const egressDefaultDeny = 'deny';

/** The pod label that a policy with mode Enforce puts on the pods it selects, and its NetworkPolicy selects by. */
export function policyLabel(policyName: string): string {
  return `${policyLabelPrefix}${policyName}`;
}

/** Pod annotation: the signed policy image (`policy-image.ts`). */
export const policyAnnotation = `${apiGroup}/policy`;
/** Pod annotation: digest of what was injected, by which a second injection knows its own work. */
export const injectedAnnotation = `${apiGroup}/injected`;
/** Pod annotation: JSON written by the gateway from the sensor's hello. */
export const sensorStatusAnnotation = `${apiGroup}/sensor-status`;

/** Pod annotation: digest of the sensor's termination message whose findings the operator has handed to the gateway (`last-words.ts`). */
export const lastWordsAnnotation = `${apiGroup}/last-words`;

/** Finalizer on an AgentPolicy: its NetworkPolicy stays until the pods that it covers have ended. */
export const coveredPodsFinalizer = `${apiGroup}/covered-pods`;

/** Field managers of server-side apply: the operator's objects, their status, and the gateway's annotation. */
export const operatorFieldManager = 'chaperone-operator';
export const statusFieldManager = 'chaperone-operator-status';
export const gatewayFieldManager = 'chaperone-gateway';

export const sensorContainer = 'chaperone-sensor';
/** Volumes of an injected pod: the sensor's socket, what it keeps on disk, the policy image, the token for the gateway, the runner's diagnostic log. */
export const runVolume = 'chaperone-run';
export const scratchVolume = 'chaperone-scratch';
export const policyVolume = 'chaperone-policy';
export const tokenVolume = 'chaperone-token';
export const diagVolume = 'chaperone-diag';

/** The operator's ServiceAccount, in the namespace of the release. */
export const operatorServiceAccount = 'chaperone-operator';
/** The audience of the token that a sensor, or the operator, shows to the gateway. */
export const gatewayAudience = 'chaperone-gateway';
/** The gateway's TCP port, of its pods and of its Service. */
export const gatewayPort = 8443;

/** The name of the NetworkPolicy that holds the pods of the named AgentPolicy. */
export function networkPolicyNameFor(policyName: string): string {
  return `chaperone-${policyName}`;
}

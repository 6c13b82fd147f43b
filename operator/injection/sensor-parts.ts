import type { JsonObject } from '../../crds/canonical-json.ts';
import {
  diagVolume,
  gatewayAudience,
  policyAnnotation,
  policyVolume,
  runVolume,
  scratchVolume,
  sensorContainer,
  tokenVolume,
} from '../../crds/names.ts';
import type { InjectionPlan } from './injection-plan.ts';

/** Where the sensor sees the runner's diagnostic log. */
const diagDirectory = '/diag';
const runDirectory = '/run/chaperone';
const scratchDirectory = '/var/lib/chaperone';
const policyDirectory = '/etc/chaperone';
const tokenDirectory = '/var/run/secrets/chaperone';

/** Where the sensor's view of the runner's log comes from: our volume, or one that the user mounted there. */
export type DiagMount = { name: string; subPath?: string };

/**
 * The sensor's container. Every field stands here as the API server would default it,
 * so that what comes back to a second injection is what the first one wrote.
 */
export function sensorContainerOf(plan: InjectionPlan, diag: DiagMount | null): JsonObject {
  return {
    name: sensorContainer,
    image: plan.image,
    imagePullPolicy: plan.imagePullPolicy,
    // A native sidecar: it starts before the runner, and ends after it without holding the pod open.
    restartPolicy: 'Always',
    command: ['/chaperone/probe', 'sidecar'],
    env: environment(plan, diag),
    lifecycle: { postStart: { exec: { command: ['/chaperone/probe', 'wait-armed'] } } },
    resources: { ...plan.resources },
    securityContext: securityContext(),
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    volumeMounts: [
      { name: runVolume, mountPath: runDirectory },
      { name: scratchVolume, mountPath: scratchDirectory },
      { name: policyVolume, mountPath: policyDirectory, readOnly: true },
      { name: tokenVolume, mountPath: tokenDirectory, readOnly: true },
      ...(diag === null ? [] : [{ ...diag, mountPath: diagDirectory, readOnly: true }]),
    ],
  };
}

/** The volumes of the sensor; only the diagnostic log's is shared with the runner. */
export function sensorVolumes(withDiag: boolean): JsonObject[] {
  const policy = {
    path: 'policy',
    mode: 0o444,
    fieldRef: { apiVersion: 'v1', fieldPath: `metadata.annotations['${policyAnnotation}']` },
  };
  const token = { audience: gatewayAudience, expirationSeconds: 3600, path: 'token' };
  return [
    { name: runVolume, emptyDir: { medium: 'Memory' } },
    // The sensor itself keeps to 83 MiB of it: beyond the limit the kubelet would evict the pod.
    { name: scratchVolume, emptyDir: { sizeLimit: '128Mi' } },
    { name: policyVolume, downwardAPI: { defaultMode: 0o444, items: [policy] } },
    { name: tokenVolume, projected: { defaultMode: 0o444, sources: [{ serviceAccountToken: token }] } },
    ...(withDiag ? [{ name: diagVolume, emptyDir: {} }] : []),
  ];
}

function environment(plan: InjectionPlan, diag: DiagMount | null): JsonObject[] {
  return [
    fieldVariable('CHAPERONE_POD_NAME', 'metadata.name'),
    fieldVariable('CHAPERONE_POD_NAMESPACE', 'metadata.namespace'),
    fieldVariable('CHAPERONE_POD_UID', 'metadata.uid'),
    fieldVariable('CHAPERONE_NODE_NAME', 'spec.nodeName'),
    { name: 'CHAPERONE_GATEWAY_URL', value: plan.gatewayUrl },
    { name: 'CHAPERONE_GATEWAY_CA', value: plan.gatewayCa },
    { name: 'CHAPERONE_TOKEN_FILE', value: `${tokenDirectory}/token` },
    { name: 'CHAPERONE_POLICY_FILE', value: `${policyDirectory}/policy` },
    { name: 'CHAPERONE_SPILL_DIR', value: scratchDirectory },
    { name: 'CHAPERONE_POLICY_PUBLIC_KEY', value: plan.publicKey },
    ...(diag === null ? [] : [{ name: 'CHAPERONE_DIAG_DIR', value: diagDirectory }]),
    { name: 'CHAPERONE_FAILURE_MODE', value: plan.failureMode },
    { name: 'CHAPERONE_WATCH_FILES', value: plan.fileWatch },
    ...(plan.asksAgents ? [{ name: 'CHAPERONE_HEAR_AGENTS', value: 'true' }] : []),
    { name: 'CHAPERONE_ARM_TIMEOUT_SECONDS', value: String(plan.armTimeoutSeconds) },
  ];
}

function fieldVariable(name: string, fieldPath: string): JsonObject {
  return { name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } };
}

/** Root with just the capabilities that loading needs: under the pod's own non-root user, added capabilities would not be effective. The probe drops all of it. */
function securityContext(): JsonObject {
  return {
    allowPrivilegeEscalation: false,
    capabilities: { add: ['BPF', 'PERFMON', 'NET_ADMIN', 'DAC_READ_SEARCH', 'SETUID', 'SETGID'], drop: ['ALL'] },
    privileged: false,
    readOnlyRootFilesystem: true,
    runAsNonRoot: false,
    runAsUser: 0,
    seccompProfile: { type: 'RuntimeDefault' },
  };
}

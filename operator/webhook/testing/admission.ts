import { randomUUID } from 'node:crypto';
import type { AgentPolicy } from '../../../crds/agent-policy.ts';
import { apiVersion } from '../../../crds/names.ts';
import { type PolicyImage, signPolicyImage } from '../../../crds/policy-image.ts';
import { createSigningKey } from '../../certificates/signing-key.ts';
import { defaultSensorResources, type RawPod } from '../../injection/injection-plan.ts';
import type { AdmissionSnapshot } from '../decide.ts';
import type { AdmissionRequest } from '../review.ts';

const signing = createSigningKey();

/** A snapshot of a cluster with the namespace `runners`, chosen for injection, and these policies in it. */
export function snapshotOf(policies: AgentPolicy[], changes: Partial<AdmissionSnapshot> = {}): AdmissionSnapshot {
  return {
    synced: true,
    ownNamespace: 'chaperone-system',
    namespaceLabels: (name) => (name === 'runners' ? { 'chaperone.dev/injection': 'enabled' } : undefined),
    dryRun: () => ({ outcome: 'admitted', since: '2026-11-22T10:00:00Z', message: '' }),
    now: Date.UTC(2026, 10, 22, 11),
    policies: () => policies,
    podLabels: () => undefined,
    unreadablePolicies: () => [],
    isNetworkPolicyReady: () => true,
    signPolicyImage: (image: PolicyImage) => signPolicyImage(image, signing.privateKey),
    injection: {
      image: 'registry.example.com/sensor:1',
      imagePullPolicy: 'IfNotPresent',
      gatewayUrl: 'https://chaperone-gateway.chaperone-system.svc:8443',
      gatewayCa: 'PEM',
      publicKey: signing.publicKey,
      armTimeoutSeconds: 10,
      resources: defaultSensorResources,
    },
    ...changes,
  };
}

/** A policy of the namespace `runners` that selects the pods labelled `app: ci`. */
export function policyOf(mode: 'Audit' | 'Enforce', rules: AgentPolicy['spec']['egress']['rules'] = []): AgentPolicy {
  return {
    apiVersion,
    kind: 'AgentPolicy',
    metadata: { name: 'web-ci', namespace: 'runners', uid: randomUUID(), generation: 1 },
    spec: {
      selector: { matchLabels: { app: 'ci' } },
      mode,
      failureMode: 'Open',
      egress: { default: 'Deny', rules },
      trace: { processes: 'All', redact: [] },
    },
  };
}

/** A runner pod with a field that no model knows, as the API server sends it. */
export function podOf(changes: { labels?: Record<string, string>; spec?: RawPod } = {}): RawPod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { generateName: 'runner-', namespace: 'runners', labels: { app: 'ci', ...changes.labels } },
    spec: {
      containers: [{ name: 'runner', image: 'registry.example.com/runner:1', fieldOfTomorrow: { kept: true } }],
      restartPolicy: 'Never',
      ...changes.spec,
    },
  };
}

/** A request to create the pod. */
export function requestFor(pod: RawPod, changes: Partial<AdmissionRequest> = {}): AdmissionRequest {
  const labels = (pod.metadata as { labels: Record<string, string> }).labels;
  const base = { uid: 'uid-1', namespace: 'runners', operation: 'CREATE', kind: 'Pod', subResource: '', dryRun: false };
  return { ...base, labels, pod, ...changes };
}

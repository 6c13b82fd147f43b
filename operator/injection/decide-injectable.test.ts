import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../../crds/canonical-json.ts';
import { decideInjectable } from './decide-injectable.ts';
import { applyPatch } from './fixtures/apply-patch.ts';
import { plan } from './fixtures/plans.ts';
import { pods } from './fixtures/pods.ts';
import { injectPod } from './inject-pod.ts';
import type { RawPod } from './injection-plan.ts';

for (const [name, pod] of Object.entries(pods)) {
  test(`the pod "${name}" can be accompanied, and again once it is`, () => {
    assert.deepEqual(decideInjectable(pod, 'Audit'), { verdict: 'inject' });
    assert.deepEqual(decideInjectable(applyPatch(pod, injectPod(pod, plan)), 'Audit'), { verdict: 'inject' });
  });
}

const impossible: [string, JsonObject][] = [
  ['windows', { os: { name: 'windows' } }],
  ['windows', { nodeSelector: { 'kubernetes.io/os': 'windows' } }],
  ['host-pid', { hostPID: true }],
  ['user-namespace', { hostUsers: false }],
  ['container-name-taken', { containers: [{ name: 'chaperone-sensor' }] }],
  ['container-name-taken', { initContainers: [{ name: 'chaperone-sensor' }] }],
  ['volume-name-taken', { volumes: [{ name: 'chaperone-run', emptyDir: {} }] }],
  ['volume-name-taken', { volumes: [{ name: 'chaperone-scratch', emptyDir: {} }] }],
  ['volume-name-taken', { volumes: [{ name: 'chaperone-diag', emptyDir: {} }] }],
  [
    'volume-name-taken',
    { containers: [{ name: 'main', volumeMounts: [{ name: 'chaperone-token', mountPath: '/token' }] }] },
  ],
];

for (const [reason, spec] of impossible) {
  test(`${reason}: ${JSON.stringify(spec)} is skipped under Audit and refused under Enforce`, () => {
    assert.deepEqual(outcome({ spec }, 'Audit'), ['skip', reason]);
    assert.deepEqual(outcome({ spec }, 'Enforce'), ['refuse', reason]);
  });
}

test('a pod on the network of the host is watched under Audit, and refused where it would have to be held', () => {
  assert.deepEqual(outcome({ spec: { hostNetwork: true } }, 'Audit'), ['inject', undefined]);
  assert.deepEqual(outcome({ spec: { hostNetwork: true } }, 'Enforce'), ['refuse', 'host-network']);
});

test('a pod whose annotations leave no room for its policy is not made invalid', () => {
  const large = { metadata: { annotations: { large: 'x'.repeat(128 * 1024) } }, spec: {} };
  assert.deepEqual(outcome(large, 'Audit'), ['skip', 'annotations-too-large']);
});

test('a long policy of ours from an earlier injection does not count as an annotation of the pod', () => {
  const annotations = { 'chaperone.dev/injected': 'sha256:0', 'chaperone.dev/policy': '"'.repeat(128 * 1024) };
  assert.deepEqual(outcome({ metadata: { annotations }, spec: {} }, 'Enforce'), ['inject', undefined]);
});

test("a mirror of the kubelet's own pod is skipped, always", () => {
  const mirror = { metadata: { annotations: { 'kubernetes.io/config.mirror': 'a' } }, spec: { hostPID: true } };
  assert.deepEqual(outcome(mirror, 'Enforce'), ['skip', 'mirror-pod']);
});

test('our annotation does not let an ordinary container have the name', () => {
  const forged = {
    metadata: { annotations: { 'chaperone.dev/injected': 'sha256:0' } },
    spec: { containers: [{ name: 'chaperone-sensor' }] },
  };
  assert.deepEqual(outcome(forged, 'Enforce'), ['refuse', 'container-name-taken']);
});

test('our annotation does not let a container mount what is ours', () => {
  const mounts = [{ name: 'chaperone-run', mountPath: '/run/chaperone' }];
  const forged = {
    metadata: { annotations: { 'chaperone.dev/injected': 'sha256:0' } },
    spec: { initContainers: [{ name: 'a', volumeMounts: mounts }] },
  };
  assert.deepEqual(outcome(forged, 'Enforce'), ['refuse', 'volume-name-taken']);
});

test("a mount of the log's volume that would be left without its volume is refused, not made invalid", () => {
  const forged = {
    metadata: { annotations: { 'chaperone.dev/injected': 'sha256:0' } },
    spec: {
      containers: [{ name: 'main', volumeMounts: [{ name: 'chaperone-diag', mountPath: '/diag' }] }],
      volumes: [{ name: 'chaperone-diag', emptyDir: {} }],
    },
  };
  assert.deepEqual(outcome(forged, 'Enforce'), ['refuse', 'volume-name-taken']);
});

function outcome(pod: RawPod, mode: 'Audit' | 'Enforce'): [string, string | undefined] {
  const decision = decideInjectable(pod, mode);
  return [decision.verdict, decision.verdict === 'inject' ? undefined : decision.reason];
}

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import type { JsonObject } from '../../crds/canonical-json.ts';
import { createAuthority, issueLeaf } from '../certificates/authority.ts';
import type { RawPod } from '../injection/injection-plan.ts';
import type { KubeObject } from '../kube/objects.ts';
import { pods } from '../kube/resources.ts';
import { systemClock } from '../runtime/clock.ts';
import { type AdmissionSnapshot, decideAdmission } from './decide.ts';
import { createWebhookServer, type WebhookServer } from './server.ts';
import { podOf, policyOf, requestFor, snapshotOf } from './testing/admission.ts';
import { type ApiServer, startApiServer } from './testing/api-server.ts';

let api: ApiServer;
let webhook: WebhookServer;
let snapshot: AdmissionSnapshot = snapshotOf([]);

/** The chart's entries, but for the address: this API server has no way to a Service. */
function configuration(port: number, bundle: string): KubeObject {
  const entry = (name: string, failurePolicy: string, namespace: string) => ({
    name: `${name}.chaperone.dev`,
    failurePolicy,
    clientConfig: { url: `https://localhost:${port}/mutate/pods`, caBundle: Buffer.from(bundle).toString('base64') },
    rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'], scope: 'Namespaced' }],
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
    admissionReviewVersions: ['v1'],
    reinvocationPolicy: 'IfNeeded',
    sideEffects: 'None',
    timeoutSeconds: 5,
  });
  const webhooks = [entry('enforce', 'Fail', 'runners'), entry('audit', 'Ignore', 'audited')];
  return { metadata: { name: 'chaperone' }, webhooks } as KubeObject;
}

const webhookConfigurations = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
  namespaced: false,
};

before(async () => {
  api = await startApiServer();
  const authority = await createAuthority(Date.now());
  webhook = createWebhookServer({
    certificate: await issueLeaf(authority, ['localhost'], Date.now()),
    decide: (request) => decideAdmission(request, snapshot),
    registry: new Registry(),
    log: pino({ level: 'silent' }),
    clock: systemClock,
    drainMs: 0,
  });
  const port = await webhook.listen(0, '127.0.0.1');
  for (const namespace of ['runners', 'audited']) {
    await api.kubectl('create', 'namespace', namespace);
    await api.kubectl('wait', '--for=create', 'serviceaccount/default', '-n', namespace, '--timeout=30s');
  }
  await api.client.create(webhookConfigurations, configuration(port, authority.certificate));
  snapshot = selected(snapshotOf([policyOf('Enforce')]));
  // The API server looks at its configurations anew only a moment later.
  while (!hasSensor(await create(podOf()))) await new Promise(setImmediate);
});

after(async () => {
  await webhook.close();
  await api.close();
});

function selected(base: AdmissionSnapshot): AdmissionSnapshot {
  return { ...base, namespaceLabels: () => ({ 'chaperone.dev/injection': 'enabled' }) };
}

async function create(pod: RawPod, namespace = 'runners'): Promise<JsonObject> {
  const metadata = { ...(pod.metadata as JsonObject), namespace };
  return (await api.client.create(pods, { ...pod, metadata } as unknown as KubeObject)) as unknown as JsonObject;
}

function initNames(pod: JsonObject): unknown[] {
  const { initContainers = [] } = pod.spec as { initContainers?: { name: string }[] };
  return initContainers.map(({ name }) => name);
}

function hasSensor(pod: JsonObject): boolean {
  return initNames(pod)[0] === 'chaperone-sensor';
}

describe('a real API server and the webhook', () => {
  const first = { initContainers: [{ name: 'first', image: 'registry.example.com/first:1' }] };
  const shapes: [what: string, pod: RawPod][] = [
    ['a plain pod', podOf()],
    ['a pod with an init container', podOf({ spec: first })],
    [
      'a pod of a user and a read-only root',
      podOf({ spec: { securityContext: { runAsUser: 1001, runAsNonRoot: true } } }),
    ],
    ["a pod of ARC's shape", podOf({ labels: { 'actions-ephemeral-runner': 'True' } })],
    ['a pod without a token', podOf({ spec: { automountServiceAccountToken: false } })],
    [
      'a pod with a budget',
      podOf({ spec: { resources: { requests: { memory: '64Mi' }, limits: { memory: '64Mi' } } } }),
    ],
  ];
  for (const [what, pod] of shapes) {
    test(`make ${what} one with the sensor first, which a second look leaves as it is`, async () => {
      const created = await create(pod);
      assert.ok(hasSensor(created));
      const again = decideAdmission(requestFor(created), snapshot);
      assert.deepEqual(again, { verdict: 'inject', patch: [], warnings: [] });
      const copy = {
        metadata: {
          generateName: 'copy-',
          labels: (created.metadata as JsonObject).labels,
          annotations: (created.metadata as JsonObject).annotations,
        },
        spec: created.spec,
      } as RawPod;
      assert.deepEqual(initNames(await create(copy)), initNames(created));
    });
  }

  const own: [what: string, labels: Record<string, string>, runner: Record<string, string> | undefined][] = [
    ["the pod that a runner made for its job under its runner's policy", { 'runner-pod': 'runner-1' }, { app: 'ci' }],
    ['a pod that no policy selects under all that enforce', { app: 'stray' }, undefined],
  ];
  for (const [what, labels, runner] of own) {
    test(`put ${what}`, async () => {
      snapshot = { ...selected(snapshotOf([policyOf('Enforce')])), podLabels: () => runner };
      const pod = podOf();
      const { metadata } = await create({ ...pod, metadata: { ...(pod.metadata as JsonObject), labels } });
      assert.equal((metadata as { labels: Record<string, string> }).labels['policy.chaperone.dev/web-ci'], 'enforce');
    });
  }

  const refusals: [what: string, changes: Partial<AdmissionSnapshot>, pod: RawPod, status: number][] = [
    ['503 while its NetworkPolicy is not there', { isNetworkPolicyReady: () => false }, podOf(), 503],
    [
      '503 where Pod Security forbids the sensor',
      {
        namespaceLabels: () => ({
          'chaperone.dev/injection': 'enabled',
          'pod-security.kubernetes.io/enforce': 'restricted',
        }),
      },
      podOf(),
      503,
    ],
    ['400 for a mistake of its author', {}, podOf({ spec: { hostNetwork: true } }), 400],
    ['500, which its author tries again, while the operator cannot tell', { synced: false }, podOf(), 500],
  ];
  for (const [what, changes, pod, status] of refusals) {
    test(`answer the maker of a pod with ${what}`, async () => {
      snapshot = { ...selected(snapshotOf([policyOf('Enforce')])), ...changes };
      await assert.rejects(create(pod), { status });
    });
  }

  test('let a pod go without a sensor under Audit while the operator cannot tell', async () => {
    snapshot = { ...selected(snapshotOf([policyOf('Audit')])), synced: false };
    assert.equal(hasSensor(await create(podOf(), 'audited')), false);
  });

  test('keep a pod that comes while the webhook is away waiting under Fail, and let it go under Ignore', async () => {
    await webhook.close();
    await assert.rejects(create(podOf()), { status: 500 });
    assert.equal(hasSensor(await create(podOf(), 'audited')), false);
  });
});

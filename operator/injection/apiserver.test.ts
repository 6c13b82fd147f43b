import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { JsonObject } from '../../crds/canonical-json.ts';
import { type ApiServer, startApiServer } from '../../crds/testing/api-server.ts';
import { applyPatch } from './fixtures/apply-patch.ts';
import { plan } from './fixtures/plans.ts';
import { pods } from './fixtures/pods.ts';
import { injectPod } from './inject-pod.ts';
import type { RawPod } from './injection-plan.ts';
import { named, objectAt, objectsAt } from './raw-pod.ts';

let server: ApiServer;
before(async () => {
  server = await startApiServer();
});
after(() => server?.stop());

for (const [name, pod] of Object.entries(pods)) {
  test(`the API server takes the pod "${name}" as injected, and has nothing left to inject`, async () => {
    const { status, body } = await create(applyPatch(pod, injectPod(pod, plan)));
    assert.equal(status, 201, JSON.stringify(body));
    assert.deepEqual(injectPod(body as RawPod, plan), []);
  });
}

test('a pod that the API server has filled in is injected the same way as a new one', async () => {
  const { body } = await create(pods.arc ?? {});
  const { status, body: injected } = await create(applyPatch(body as RawPod, injectPod(body as RawPod, plan)));
  assert.equal(status, 201, JSON.stringify(injected));
});

test('the sensor has a token for the gateway where the pod has none', async () => {
  const pod = pods['without-a-token'] ?? {};
  const { body } = await create(applyPatch(pod, injectPod(pod, plan)));
  const volumes = objectsAt(objectAt(body as JsonObject, 'spec'), 'volumes');
  assert.deepEqual(
    volumes.map((volume) => volume.name),
    ['chaperone-run', 'chaperone-scratch', 'chaperone-policy', 'chaperone-token'],
  );
  assert.deepEqual(named(volumes, 'chaperone-token')?.projected, {
    defaultMode: 0o444,
    sources: [{ serviceAccountToken: { audience: 'chaperone-gateway', expirationSeconds: 3600, path: 'token' } }],
  });
});

function create(pod: RawPod) {
  const {
    creationTimestamp: _,
    managedFields: __,
    uid: ___,
    resourceVersion: ____,
    ...metadata
  } = objectAt(pod, 'metadata');
  return server.request('POST', '/api/v1/namespaces/default/pods?dryRun=All&fieldValidation=Strict', {
    apiVersion: 'v1',
    kind: 'Pod',
    ...pod,
    metadata,
  });
}

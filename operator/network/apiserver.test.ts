import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { type ApiServer, startApiServer } from '../../crds/testing/api-server.ts';
import type { NetworkPolicy } from './network-policy.ts';

let server: ApiServer;
before(async () => {
  server = await startApiServer();
});
after(() => server?.stop());

const folder = join(import.meta.dirname, 'golden');

for (const file of readdirSync(folder)) {
  test(`the API server takes golden/${file} and changes nothing in it`, async () => {
    const rendered: NetworkPolicy = parse(readFileSync(join(folder, file), 'utf8'));
    const policy = { ...rendered, metadata: { ...rendered.metadata, namespace: 'default' } };
    const path = '/apis/networking.k8s.io/v1/namespaces/default/networkpolicies?dryRun=All&fieldValidation=Strict';
    const { status, body } = await server.request('POST', path, policy);
    assert.equal(status, 201, JSON.stringify(body));
    assert.deepEqual(body.spec, rendered.spec);
  });
}

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { checkAgentPolicy } from './agent-policy.ts';
import { type ApiAnswer, type ApiServer, startApiServer } from './testing/api-server.ts';
import { arbitraryPolicy } from './testing/arbitrary-policy.ts';
import { readExamples } from './testing/examples.ts';

let server: ApiServer;
before(async () => {
  server = await startApiServer();
});
after(() => server?.stop());

const definition = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/agentpolicies.chaperone.dev';

test('the definition is structural, and all of it is taken', async () => {
  const { body } = await server.request('GET', definition);
  const { conditions } = body.status as { conditions: { type: string; status: string }[] };
  const standing = conditions.filter(({ status }) => status === 'True').map(({ type }) => type);
  assert.deepEqual(standing.sort(), ['Established', 'NamesAccepted']);
});

for (const { name, policy } of readExamples('good')) {
  test(`the API server takes the policy "${name}"`, async () => {
    const { status, body } = await create(policy);
    assert.equal(status, 201, JSON.stringify(body));
  });
}

for (const { name, policy, refusedAt, says } of readExamples('bad')) {
  test(`the API server refuses the policy "${name}" at its field`, async () => {
    const { status, body } = await create(policy);
    assert.ok(status === 422 || status === 400, `${status} ${JSON.stringify(body)}`);
    assert.ok(saysSo(body, refusedAt, says), JSON.stringify(body));
  });
}

test('the schema and the API server agree on any policy', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryPolicy(), async (policy) => {
      const { status, body } = await create(policy);
      const checked = checkAgentPolicy(policy);
      assert.equal(status === 201, 'policy' in checked, JSON.stringify({ policy, body, checked }));
    }),
    { numRuns: 400 },
  );
});

test('the defaults of the API server are those of the schema', async () => {
  for (const { policy } of readExamples('good')) {
    const { body } = await create(policy);
    const checked = checkAgentPolicy(policy);
    assert.deepEqual(body.spec, 'policy' in checked && checked.policy.spec);
  }
});

test('a client that does not ask for it gets an unknown field left out, not refused', async () => {
  const typo = readExamples('bad').find(({ name }) => name === 'unknown-field-in-a-rule');
  const { status, body } = await create(typo?.policy, 'Warn');
  assert.equal(status, 201);
  assert.deepEqual((body as { spec: { egress: { rules: { to: unknown }[] } } }).spec.egress.rules[0]?.to, [
    { cidr: '203.0.113.0/24' },
  ]);
});

test('policies can be selected by their mode', async () => {
  const { status } = await server.request(
    'GET',
    '/apis/chaperone.dev/v1alpha1/agentpolicies?fieldSelector=spec.mode%3DEnforce',
  );
  assert.equal(status, 200);
});

test('a status as the operator writes it is taken, and a wrong one is refused', async () => {
  const policy = {
    apiVersion: 'chaperone.dev/v1alpha1',
    kind: 'AgentPolicy',
    metadata: { name: 'status' },
    spec: { selector: {}, mode: 'Audit' },
  };
  const created = await server.request('POST', policies, policy);
  const condition = {
    type: 'Ready',
    status: 'True',
    reason: 'Held',
    message: '',
    lastTransitionTime: '2026-11-22T10:15:00Z',
    observedGeneration: 1,
  };
  const status = {
    observedGeneration: 1,
    hash: `sha256:${'0'.repeat(64)}`,
    runners: { matched: 1, current: 1, stale: 0 },
    conditions: [condition],
  };
  const put = (value: unknown) =>
    server.request('PUT', `${policies}/status/status?fieldValidation=Strict`, { ...created.body, status: value });
  assert.equal((await put({ ...status, runners: { matched: -1, current: 0, stale: 0 } })).status, 422);
  assert.equal((await put(status)).status, 200);
});

const policies = '/apis/chaperone.dev/v1alpha1/namespaces/default/agentpolicies';

function create(policy: unknown, fieldValidation: 'Strict' | 'Warn' = 'Strict'): Promise<ApiAnswer> {
  return server.request('POST', `${policies}?dryRun=All&fieldValidation=${fieldValidation}`, policy);
}

interface Cause {
  field?: string;
  message: string;
}

/** An unknown field is refused while decoding, with its path in the message alone. */
function saysSo(body: ApiAnswer['body'], refusedAt: string, says: string): boolean {
  const causes = (body.details as { causes?: Cause[] } | undefined)?.causes ?? [];
  const decoding = { field: /unknown field "([^"]+)"/.exec(String(body.message))?.[1], message: '' };
  return [...causes, decoding].some(({ field, message }) => sameField(field, refusedAt) && message.includes(says));
}

function sameField(field: string | undefined, expected: string): boolean {
  return (field ?? '') === expected || (expected === '' && field === '<nil>');
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkAgentPolicy, parseAgentPolicy } from './agent-policy.ts';
import { readExamples } from './testing/examples.ts';

for (const { name, policy } of readExamples('good')) {
  test(`the policy "${name}" is taken`, () => {
    assert.deepEqual(faultsOf(policy), []);
  });
}

for (const { name, policy, refusedAt, says } of readExamples('bad')) {
  test(`the policy "${name}" is refused at its field`, () => {
    const faults = faultsOf(policy);
    assert.ok(
      faults.some(({ path, message }) => path === refusedAt && message.includes(says)),
      JSON.stringify(faults),
    );
  });
}

test('a policy is read with its defaults', () => {
  const { spec } = parseAgentPolicy(smallest());
  assert.deepEqual(spec, {
    selector: {},
    mode: 'Audit',
    failureMode: 'Open',
    egress: { default: 'Allow', rules: [] },
    trace: { processes: 'All', redact: [] },
  });
});

test('a status that does not fit does not keep the spec from being read', () => {
  assert.equal(parseAgentPolicy({ ...smallest(), status: { conditions: 'none' } }).status, undefined);
});

test('the error names every wrong field', () => {
  const wrong = { ...smallest(), spec: { selector: {}, mode: 'On', trace: { processes: 'Few' } } };
  assert.throws(() => parseAgentPolicy(wrong), {
    code: 'agent-policy-invalid',
    message: /spec\.mode: .*; spec\.trace\.processes: /,
  });
});

function smallest(): object {
  return {
    apiVersion: 'chaperone.dev/v1alpha1',
    kind: 'AgentPolicy',
    metadata: { name: 'a', namespace: 'b' },
    spec: { selector: {}, mode: 'Audit' },
  };
}

function faultsOf(policy: unknown) {
  const checked = checkAgentPolicy(policy);
  return 'faults' in checked ? checked.faults : [];
}

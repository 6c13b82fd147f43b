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

test('what does not fit is said by what to write instead', () => {
  const rule = { name: 'a', to: [], ports: [{ port: '80' }, { port: 0 }, { port: 1.5 }] };
  const spec = { mode: 'on', egress: { default: 'Deny', rules: [rule] }, trace: { redact: ['A'.repeat(129)] } };
  const said = faultsOf({ ...smallest(), spec }).map(({ path, message }) => `${path}: ${message}`);
  assert.deepEqual(said, [
    'spec.selector: it is missing: write it',
    'spec.mode: write Audit or Enforce',
    'spec.egress.rules[0].to: write a list of at least 1',
    'spec.egress.rules[0].ports[0].port: write a number',
    'spec.egress.rules[0].ports[1].port: write a number, at least 1',
    'spec.egress.rules[0].ports[2].port: write a whole number',
    'spec.trace.redact[0]: write at most 128 characters',
  ]);
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

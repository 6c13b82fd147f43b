import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentPolicy } from '../../crds/agent-policy.ts';
import { maxPolicyImageBytes, policyImageBytes } from '../../crds/policy-image.ts';
import { buildPolicy } from '../../crds/testing/build-policy.ts';
import { compilePolicyImage } from './compile-policy-image.ts';
import { findFaults } from './find-faults.ts';

const oldest = policyOf('oldest', 12, '2026-01-01T00:00:00Z');
const middle = policyOf('middle', 12, '2026-01-02T00:00:00Z');
const newest = policyOf('newest', 12, '2026-01-03T00:00:00Z');
const oversized = policyOf('oversized', 60, '2025-01-01T00:00:00Z');

test('a policy of a usual size has no fault', () => {
  assert.deepEqual(findFaults(oldest, []), []);
});

test('a policy that is too large alone is refused at its rules', () => {
  const [fault] = findFaults(oversized, []);
  assert.equal(fault?.path, 'spec.egress.rules');
  assert.match(fault.message, /comes to \d+ bytes, and 131072 fit on a pod: join address blocks/);
});

test('of policies that do not fit together the newest is refused, in whatever order they are seen', () => {
  const all = [newest, oldest, middle];
  assert.deepEqual(
    all.filter((policy) => findFaults(policy, all).length > 0),
    [newest],
  );
});

test('a refused policy takes no room', () => {
  assert.deepEqual(findFaults(middle, [oversized, oldest]), []);
});

test('policies without a fault fit on a pod together', () => {
  const accepted = [oldest, middle];
  assert.ok(policyImageBytes(compilePolicyImage('ci', accepted).payload) <= maxPolicyImageBytes);
});

function policyOf(name: string, rules: number, creationTimestamp: string): AgentPolicy {
  const to = Array.from({ length: 64 }, (_, index) => ({ cidr: `203.0.113.${index}/32` }));
  const listed = Array.from({ length: rules }, (_, index) => ({ name: `rule-${index}`, to }));
  return buildPolicy(name, { mode: 'Enforce', egress: { default: 'Deny', rules: listed } }, { creationTimestamp });
}

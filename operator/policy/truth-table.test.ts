import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AgentPolicy } from '../../crds/agent-policy.ts';
import { buildPolicy } from '../../crds/testing/build-policy.ts';
import { compilePolicyImage } from './compile-policy-image.ts';

for (const cells of readTruthTable()) {
  const [first, second, mode, fallback, rulesOf, withoutSensor] = cells;
  test(`the docs are right about "${first}" beside "${second}"`, () => {
    const policies = [...policyOf('first', first), ...policyOf('second', second)];
    const { payload } = compilePolicyImage('ci', policies);
    assert.deepEqual([payload.mode, payload.egress.default, payload.failureMode], [mode, fallback, withoutSensor]);
    const contributors = [...new Set(payload.egress.rules.map(({ policy }) => policy))];
    assert.equal(contributors.length === 2 ? 'both' : (contributors[0] ?? 'none'), rulesOf);
  });
}

test('the docs have a truth table', () => {
  assert.ok(readTruthTable().length >= 12);
});

function readTruthTable(): string[][] {
  const page = readFileSync(join(import.meta.dirname, '../../docs/agentpolicy.md'), 'utf8');
  const table = /<!-- truth table[^>]*-->\n([\s\S]*?)<!-- end: truth table -->/.exec(page)?.[1] ?? '';
  const rows = table.trim().split('\n').slice(2);
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function policyOf(name: string, cell = 'none'): AgentPolicy[] {
  const [mode, fallback, failureMode] = cell.split(', ');
  if (mode === 'none') return [];
  const rules = [{ name: 'any', to: [{ cidr: '203.0.113.0/24' }] }];
  return [
    buildPolicy(name, { mode, failureMode, egress: { default: fallback, rules } } as Parameters<typeof buildPolicy>[1]),
  ];
}

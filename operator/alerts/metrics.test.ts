import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { createFindingMetrics } from './metrics.ts';
import { aFinding } from './testing/findings.ts';

test('A finding counts under its rule, and under none that somebody made up', async () => {
  const registry = new Registry();
  const metrics = createFindingMetrics(registry);
  for (let i = 0; i < 100; i += 1) metrics.received(aFinding(i, { rule: `invented-${i}`, severity: 'High' }));
  metrics.received(aFinding(1, { rule: 'reverse-shell', severity: 'High' }));
  const text = await registry.metrics();
  assert.match(text, /findings_total\{rule="reverse-shell",severity="High"\} 1/);
  assert.match(text, /findings_total\{rule="other",severity="High"\} 100/);
  assert.doesNotMatch(text, /invented/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import type { KubeClient } from '../kube/client.ts';
import { systemClock } from '../runtime/clock.ts';
import { createFindingMetrics } from './metrics.ts';
import { createPolicyCounts } from './policy-counts.ts';
import { aFinding } from './testing/findings.ts';

test('a finding of a time to come is counted as of now', async () => {
  const policy = { namespace: 'runners', name: 'web', uid: 'u-1' };
  const written: { status?: { findings?: { last: string } } }[] = [];
  const client = {
    get: async () => ({ metadata: { ...policy, resourceVersion: '1' } }),
    applyStatus: async (_: unknown, object: object) => written.push(object),
  } as unknown as KubeClient;
  const clock = { ...systemClock, now: () => Date.parse('2026-05-01T10:00:00Z') };
  const counts = createPolicyCounts({
    client,
    clock,
    random: () => 0,
    log: pino({ enabled: false }),
    metrics: createFindingMetrics(new Registry()),
  });
  counts.add(policy, aFinding(1, { time: '9999-12-31T23:59:59Z' }));
  await counts.stop(1_000);
  assert.equal(written[0]?.status?.findings?.last, '2026-05-01T10:00:00Z');
});

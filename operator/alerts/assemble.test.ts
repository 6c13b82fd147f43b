import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import type { KubeClient } from '../kube/client.ts';
import { KubeError } from '../kube/errors.ts';
import type { Transport } from '../kube/transport.ts';
import { createManualClock } from '../runtime/testing/clocks.ts';
import { silentLog } from '../runtime/testing/observers.ts';
import { createAlerting } from './assemble.ts';

test('The gateway starts where there is no AgentPolicy API yet, and ends', async () => {
  const clock = createManualClock();
  const none = async () => {
    throw new KubeError('kube-status', 'not found', { status: 404 });
  };
  const transport = { request: none, stream: none, close: async () => {} } as unknown as Transport;
  const alerting = createAlerting({
    client: {} as KubeClient,
    transport,
    clock,
    random: () => 0.5,
    log: silentLog,
    registry: new Registry(),
    instance: 'gateway-1',
    config: {
      minSeverity: 'Medium',
      labels: {},
      sinks: [],
      policySinks: { enabled: true, allowHttp: false, allowedCidrs: [] },
    },
  });
  const started = alerting.start();
  await clock.advance(5_000);
  await started;
  await alerting.stop();
  assert.equal(clock.pending(), 0);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHealthServer } from './health.ts';
import { createMetrics } from './metrics.ts';

test('The process is alive at once, ready when all checks hold, and tells which do not', async (t) => {
  const state = { caches: false, webhook: true };
  const health = createHealthServer({
    port: 0,
    host: '127.0.0.1',
    registry: createMetrics().registry,
    checks: [
      { name: 'caches', isReady: () => state.caches },
      { name: 'webhook', isReady: async () => state.webhook },
    ],
  });
  await health.start();
  t.after(() => health.stop());
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${health.port()}${path}`);
    return `${response.status} ${await response.text()}`;
  };
  assert.equal(await get('/healthz'), '200 ok\n');
  assert.equal(await get('/readyz'), '503 waits for: caches\n');
  state.caches = true;
  assert.equal(await get('/readyz'), '200 ok\n');
  assert.match(await get('/metrics'), /^200 .*process_cpu/s);
});

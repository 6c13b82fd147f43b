import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { test } from 'node:test';
import { startTracing } from './tracing.ts';

interface ExportRequest {
  resourceSpans: { scopeSpans: { spans: { name: string; status: { code?: number; message?: string } }[] }[] }[];
}

test('Work becomes spans at the receiver, failures with their message', async (t) => {
  const received: ExportRequest[] = [];
  const receiver = createServer(async (request, response) => {
    received.push((await json(request)) as ExportRequest);
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  t.after(() => receiver.close());
  const endpoint = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const tracing = await startTracing({ endpoint, serviceName: 'chaperone-operator', instance: 'test' });
  assert.equal(
    tracing.trace('admit', {}, () => 'now'),
    'now',
  );
  assert.equal(await tracing.trace('reconcile', {}, async () => 'later'), 'later');
  const failing = tracing.trace('fail', { key: 'ci/web' }, () => Promise.reject(new Error('broken')));
  await assert.rejects(failing, /broken/);
  await tracing.stop();
  const spans = received.flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
  );
  assert.deepEqual(
    spans.map(({ name, status }) => [name, status.code ?? 0, status.message ?? '']),
    [
      ['admit', 0, ''],
      ['reconcile', 0, ''],
      ['fail', 2, 'broken'],
    ],
  );
});

test('Without an endpoint the work is just done', async () => {
  const tracing = await startTracing({ endpoint: undefined, serviceName: 'chaperone-operator', instance: 'test' });
  assert.equal(
    tracing.trace('admit', {}, () => 'done'),
    'done',
  );
  await tracing.stop();
});

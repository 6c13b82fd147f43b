import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startGateway, traces } from './testing/gateway.ts';

describe('spans', () => {
  test("reach the back end with the pod's own attributes, its credential and everything else as sent", async () => {
    await using gateway = await startGateway();
    const answer = await gateway.post('/v1/traces', traces([{ key: 'service.name', value: { stringValue: 'web' } }]));
    assert.equal(answer.statusCode, 200);
    assert.deepEqual(await answer.body.json(), {});
    const [received] = gateway.received;
    assert.equal(received?.headers.authorization, 'Bearer of-the-back-end');
    const sent = JSON.parse(traces());
    assert.deepEqual(received?.body.resourceSpans[0]?.scopeSpans, sent.resourceSpans[0].scopeSpans);
    assert.deepEqual(received?.body.resourceSpans[0]?.resource.attributes, [
      { key: 'service.name', value: { stringValue: 'web' } },
      { key: 'k8s.namespace.name', value: { stringValue: 'runners' } },
      { key: 'k8s.pod.name', value: { stringValue: 'runner-1' } },
      { key: 'k8s.pod.uid', value: { stringValue: 'uid-of-runner-1' } },
      { key: 'k8s.node.name', value: { stringValue: 'node-1' } },
    ]);
  });

  test('cannot be written in the name of another pod', async () => {
    await using gateway = await startGateway();
    const forged = ['k8s.pod.name', 'k8s.pod.uid', 'k8s.cluster.name'].map((key) => ({
      key,
      value: { stringValue: 'other' },
    }));
    await gateway.post('/v1/traces', traces(forged));
    assert.doesNotMatch(JSON.stringify(gateway.received), /other/);
  });

  test('cannot be forged beside the resource, nor under a name that only receivers read', async () => {
    await using gateway = await startGateway();
    const attributes = [{ key: 'k8s.pod.name', value: { stringValue: 'other' } }];
    const request = JSON.parse(traces());
    const [{ scopeSpans }] = request.resourceSpans;
    scopeSpans[0].scope.attributes = attributes;
    Object.assign(scopeSpans[0].spans[0], { attributes, events: [{ name: 'exec', attributes }] });
    const forged = [{ resource: { attributes }, scope_spans: scopeSpans }];
    request.resourceSpans[0].scope_spans = forged;
    const answer = await gateway.post('/v1/traces', JSON.stringify({ ...request, resource_spans: forged }));
    assert.equal(answer.statusCode, 200);
    assert.doesNotMatch(JSON.stringify(gateway.received), /other|scope_spans|resource_spans/);
  });

  test("carry a back end's partial success back", async () => {
    const partial = { partialSuccess: { rejectedSpans: '1', errorMessage: 'too old' } };
    await using gateway = await startGateway({ answer: (_, response) => response.end(JSON.stringify(partial)) });
    const answer = await gateway.post('/v1/traces', traces());
    assert.deepEqual(await answer.body.json(), partial);
  });

  const answers = [
    { backend: 400, status: 400 },
    { backend: 413, status: 413 },
    { backend: 429, retry: '7', status: 429, retryAfter: '7' },
    { backend: 503, retry: '2', status: 503, retryAfter: '2' },
    { backend: 500, status: 503, retryAfter: '5' },
    { backend: 401, status: 503, retryAfter: '5' },
    { backend: 404, status: 503, retryAfter: '5' },
  ];
  for (const { backend, retry, status, retryAfter } of answers) {
    test(`are answered with ${status} when the back end says ${backend}`, async () => {
      await using gateway = await startGateway({
        answer: (_, response) => response.writeHead(backend, retry === undefined ? {} : { 'retry-after': retry }).end(),
      });
      const answer = await gateway.post('/v1/traces', traces());
      assert.deepEqual([answer.statusCode, answer.headers['retry-after']], [status, retryAfter]);
    });
  }

  test('are not taken by a back end that answers 200 with something that is not OTLP', async () => {
    await using gateway = await startGateway({ answer: (_, response) => response.end('<html>Sign in</html>') });
    const answer = await gateway.post('/v1/traces', traces());
    assert.deepEqual([answer.statusCode, answer.headers['retry-after']], [503, '5']);
  });

  test('wait while the back end is away', async () => {
    await using gateway = await startGateway({ answer: (_, response) => response.destroy() });
    const answer = await gateway.post('/v1/traces', traces());
    assert.deepEqual([answer.statusCode, answer.headers['retry-after']], [503, '5']);
  });

  test('that are too many or too large are refused with 413', async () => {
    await using gateway = await startGateway();
    assert.equal((await gateway.post('/v1/traces', traces([], 10_001))).statusCode, 413);
    assert.equal((await gateway.post('/v1/traces', Buffer.alloc(4 * 1024 * 1024 + 1, ' '))).statusCode, 413);
    assert.equal(gateway.received.length, 0);
  });
});

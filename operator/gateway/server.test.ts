import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { issueLeaf } from '../certificates/authority.ts';
import { authority, holdAnswers, reviewToken, startGateway, tokenOf, traces } from './testing/gateway.ts';

describe('a token', () => {
  test('of another audience, of no pod or of no form is refused with 401', async () => {
    await using gateway = await startGateway();
    for (const authorization of [
      '',
      'Bearer',
      'Bearer \u00e9',
      `Bearer ${tokenOf('x', 'other')}`,
      `Bearer ${tokenOf('')}`,
    ]) {
      assert.equal((await gateway.post('/v1/traces', traces(), { authorization })).statusCode, 401, authorization);
    }
  });

  test('is reviewed once while it is trusted, also when it comes many times at once', async () => {
    let reviews = 0;
    await using gateway = await startGateway({
      review: (token) => {
        reviews += 1;
        return reviewToken(token);
      },
      limits: { requestsPerPod: 100 },
    });
    const answers = await Promise.all(Array.from({ length: 20 }, () => gateway.post('/v1/traces', traces())));
    assert.deepEqual([...new Set(answers.map(({ statusCode }) => statusCode))], [200]);
    assert.equal(reviews, 1);
  });

  test('that cannot be reviewed now is answered with 503', async () => {
    await using gateway = await startGateway({ review: () => Promise.reject(new Error('API server away')) });
    const answer = await gateway.post('/v1/traces', traces());
    assert.deepEqual([answer.statusCode, answer.headers['retry-after']], [503, '5']);
  });
});

describe('a hello', () => {
  const hello = {
    version: '0.1.0',
    armed: false,
    tier: 'tracepoint',
    kernel: '6.18',
    policyHash: `sha256:${'a'.repeat(64)}`,
  };

  test('becomes the status of the pod that sent it, without control characters', async () => {
    await using gateway = await startGateway();
    const answer = await gateway.post('/v1/hello', JSON.stringify({ ...hello, reason: 'no\u001b[31m BTF\u202e' }));
    assert.equal(answer.statusCode, 200);
    const [written] = gateway.statuses;
    assert.equal(written?.pod.uid, 'uid-of-runner-1');
    const { at, ...status } = JSON.parse(written?.status ?? '');
    assert.ok(Date.parse(at) > 0);
    assert.deepEqual(status, { ...hello, reason: 'no [31m BTF ' });
  });

  test('that is too long or of another form is refused', async () => {
    await using gateway = await startGateway();
    assert.equal(
      (await gateway.post('/v1/hello', JSON.stringify({ ...hello, reason: 'x'.repeat(9000) }))).statusCode,
      413,
    );
    assert.equal((await gateway.post('/v1/hello', JSON.stringify({ ...hello, policyHash: 'md5' }))).statusCode, 400);
    assert.equal((await gateway.post('/v1/hello', 'armed')).statusCode, 400);
  });
});

describe('the server', () => {
  test('answers what is in flight before it ends', async () => {
    const held = holdAnswers();
    const gateway = await startGateway({ answer: held.answer });
    const answer = gateway.post('/v1/traces', traces());
    await held.waiting(1);
    const stopped = gateway.stop();
    assert.equal(gateway.gateway.isReady(), false);
    held.release();
    assert.equal((await answer).statusCode, 200);
    await stopped;
  });

  test('serves a new certificate to new connections', async () => {
    await using gateway = await startGateway();
    const next = await issueLeaf(authority, ['localhost'], Date.now());
    gateway.gateway.setCertificate(next);
    const socket = await gateway.connect();
    assert.equal(socket.getPeerX509Certificate()?.toString(), next.certificate);
    socket.destroy();
  });

  test('counts requests, spans, bytes and refusals', async () => {
    await using gateway = await startGateway();
    await gateway.post('/v1/traces', traces([], 3));
    await gateway.post('/v1/traces', '{');
    const text = await gateway.registry.metrics();
    assert.match(text, /chaperone_gateway_spans_total 3/);
    assert.match(text, /chaperone_gateway_refusals_total\{reason="traces-malformed"\} 1/);
    assert.match(text, /chaperone_gateway_backend_seconds_count 1/);
  });
});

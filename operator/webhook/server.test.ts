import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { after, describe, test } from 'node:test';
import { connect } from 'node:tls';
import fastCheck from 'fast-check';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { Agent, request } from 'undici';
import { createAuthority, issueLeaf } from '../certificates/authority.ts';
import { systemClock } from '../runtime/clock.ts';
import { type AdmissionSnapshot, decideAdmission } from './decide.ts';
import type { AdmissionRequest } from './review.ts';
import { createWebhookServer } from './server.ts';
import { podOf, policyOf, snapshotOf } from './testing/admission.ts';

const authority = await createAuthority(Date.now());
const certificate = await issueLeaf(authority, ['localhost'], Date.now());
const agent = new Agent({ connect: { ca: authority.certificate, servername: 'localhost' } });
after(() => agent.close());

async function startWebhook(snapshot: AdmissionSnapshot = snapshotOf([policyOf('Enforce')]), drainMs = 0) {
  const registry = new Registry();
  const server = createWebhookServer({
    certificate,
    decide: (review: AdmissionRequest) => decideAdmission(review, snapshot),
    registry,
    log: pino({ level: 'silent' }),
    clock: systemClock,
    drainMs,
  });
  const port = await server.listen(0, '127.0.0.1');
  const post = (body: string | Buffer, headers: Record<string, string> = {}) =>
    request(`https://127.0.0.1:${port}/mutate/pods`, {
      method: 'POST',
      dispatcher: agent,
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
  return { server, registry, port, post, [Symbol.asyncDispose]: () => server.close() };
}

function reviewOf(pod: unknown, changes: object = {}): string {
  const kind = { group: '', version: 'v1', kind: 'Pod' };
  const asked = {
    uid: 'uid-1',
    kind,
    namespace: 'runners',
    operation: 'CREATE',
    object: pod,
    oldObject: null,
    ...changes,
  };
  return JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: asked });
}

describe('the webhook', () => {
  test('answers a review with a patch that makes the sensor the first init container', async () => {
    await using webhook = await startWebhook();
    const answer = await webhook.post(reviewOf(podOf()));
    assert.equal(answer.statusCode, 200);
    const { response } = (await answer.body.json()) as { response: { uid: string; allowed: boolean; patch: string } };
    assert.deepEqual([response.uid, response.allowed], ['uid-1', true]);
    const patch: { path: string; value: { name: string }[] }[] = JSON.parse(
      Buffer.from(response.patch, 'base64').toString(),
    );
    assert.equal(patch.find(({ path }) => path === '/spec/initContainers')?.value[0]?.name, 'chaperone-sensor');
  });

  test('refuses with the code in the review, and says what to do', async () => {
    await using webhook = await startWebhook(snapshotOf([policyOf('Enforce')], { isNetworkPolicyReady: () => false }));
    const answer = await webhook.post(reviewOf(podOf()));
    assert.equal(answer.statusCode, 200);
    const message =
      'chaperone: the NetworkPolicy of the AgentPolicy web-ci is not there yet: the pod can start in a moment';
    assert.deepEqual(((await answer.body.json()) as { response: unknown }).response, {
      uid: 'uid-1',
      allowed: false,
      status: { status: 'Failure', code: 503, reason: 'ServiceUnavailable', message },
    });
  });

  test('fails the request while it cannot tell, so that failurePolicy decides', async () => {
    await using webhook = await startWebhook(snapshotOf([], { synced: false }));
    assert.equal((await webhook.post(reviewOf(podOf()))).statusCode, 503);
  });

  test('takes a review as large as the API server can send', async () => {
    await using webhook = await startWebhook();
    const pod = podOf({
      spec: { containers: [{ name: 'runner', env: [{ name: 'A', value: 'x'.repeat(3 * 1024 * 1024) }] }] },
    });
    assert.equal((await webhook.post(reviewOf(pod))).statusCode, 200);
  });

  test('answers 400 to any garbage and goes on', async () => {
    await using webhook = await startWebhook();
    const whole = reviewOf(podOf());
    const mutated = fastCheck
      .tuple(fastCheck.nat(whole.length), fastCheck.string({ maxLength: 8 }))
      .map(([at, text]) => whole.slice(0, at) + text + whole.slice(at + text.length));
    const bytes = fastCheck.uint8Array({ minLength: 1, maxLength: 200 }).map((array) => Buffer.from(array));
    await fastCheck.assert(
      fastCheck.asyncProperty(fastCheck.oneof(bytes, fastCheck.json(), mutated), async (body) => {
        const answer = await webhook.post(body);
        await answer.body.dump();
        // 503: the mutated namespace is one that the cache does not show.
        assert.ok([200, 400, 503].includes(answer.statusCode), String(answer.statusCode));
      }),
      { numRuns: 300 },
    );
    for (const body of [
      '',
      '{}',
      'null',
      '[]',
      '{"request":{}}',
      reviewOf(null),
      reviewOf({}),
      reviewOf({ metadata: {}, spec: [] }),
    ]) {
      assert.equal((await webhook.post(body)).statusCode, 400, body);
    }
    assert.equal((await webhook.post(whole)).statusCode, 200);
  });

  test('ends a connection that never begins its handshake, or stops in the middle of a review', async () => {
    await using webhook = await startWebhook();
    const silent = connectTcp(webhook.port, '127.0.0.1').on('error', () => undefined);
    const options = { port: webhook.port, host: '127.0.0.1', ca: authority.certificate, servername: 'localhost' };
    const slow = connect(options).on('error', () => undefined);
    slow.write('POST /mutate/pods HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n{');
    await Promise.all([once(silent.resume(), 'close'), once(slow.resume(), 'close')]);
  });

  test('gives up the largest of the bodies that would fill its memory, and hears a review of ordinary size', async () => {
    await using webhook = await startWebhook();
    const options = { port: webhook.port, host: '127.0.0.1', ca: authority.certificate, servername: 'localhost' };
    const head = 'POST /mutate/pods HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';
    const flood = Array.from({ length: 9 }, () =>
      connect(options)
        .on('error', () => undefined)
        .resume(),
    );
    for (const socket of flood) socket.write(`${head}content-length: ${8 * 1024 * 1024}\r\n\r\n[`);
    await Promise.race(flood.map((socket) => once(socket, 'close')));
    assert.equal(flood.filter(({ closed }) => closed).length, 1);
    assert.equal((await webhook.post(reviewOf(podOf()))).statusCode, 200);
    for (const socket of flood) socket.destroy();
  });

  test('is ready once its own port answers with its certificate, also after that was renewed', async () => {
    await using webhook = await startWebhook();
    assert.equal(await webhook.server.isReady(), true);
    const next = await issueLeaf(authority, ['localhost'], Date.now());
    webhook.server.setCertificate(next);
    assert.equal(await webhook.server.isReady(), true);
    const socket = connect({
      port: webhook.port,
      host: '127.0.0.1',
      ca: authority.certificate,
      servername: 'localhost',
    });
    await once(socket, 'secureConnect');
    assert.equal(socket.getPeerX509Certificate()?.toString(), next.certificate);
    socket.destroy();
  });

  test('is not ready but still answers while it drains', async () => {
    const webhook = await startWebhook(undefined, 300);
    const stopped = webhook.server.close();
    assert.equal(await webhook.server.isReady(), false);
    const answer = await webhook.post(reviewOf(podOf()));
    assert.deepEqual([answer.statusCode, answer.headers.connection], [200, 'close']);
    await stopped;
    await assert.rejects(webhook.post(reviewOf(podOf())), { code: 'ECONNREFUSED' });
  });

  test("counts under controller-runtime's names", async () => {
    await using webhook = await startWebhook();
    await (await webhook.post(reviewOf(podOf()))).body.dump();
    await (await webhook.post('{')).body.dump();
    const text = await webhook.registry.metrics();
    assert.match(text, /controller_runtime_webhook_requests_total\{webhook="\/mutate\/pods",code="200"\} 1/);
    assert.match(text, /controller_runtime_webhook_requests_total\{webhook="\/mutate\/pods",code="400"\} 1/);
    assert.match(text, /controller_runtime_webhook_requests_in_flight\{webhook="\/mutate\/pods"\} 0/);
    assert.match(text, /controller_runtime_webhook_latency_seconds_count\{webhook="\/mutate\/pods"\} 2/);
    assert.match(text, /chaperone_webhook_verdicts_total\{verdict="inject",reason=""\} 1/);
  });
});

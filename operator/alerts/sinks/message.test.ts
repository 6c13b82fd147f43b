import assert from 'node:assert/strict';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { anAlert } from '../testing/alerts.ts';
import { readSigningKey, signatureOf, webhookMessage } from './message.ts';
import { readTarget } from './target.ts';

/** The lines of docs/alerts.md by which a receiver checks what came. */
async function verifierOfDocs() {
  const page = await readFile(join(import.meta.dirname, '../../../docs/alerts.md'), 'utf8');
  const lines =
    /```js\n([^`]*`[^`]*`[^`]*)```/.exec(page)?.[1] ?? assert.fail('docs/alerts.md has no lines of JavaScript');
  const body = `${lines}; return { isGenuine, isFresh };`;
  const run = new Function('request', 'secret', 'body', 'createHmac', 'timingSafeEqual', 'Buffer', body);
  return (headers: Record<string, string>, text: string, secret: string): { isGenuine: boolean; isFresh: boolean } =>
    run({ headers }, secret, text, createHmac, timingSafeEqual, Buffer);
}

const secrets = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'any text that is long enough for a key'];

describe('a signed alert', () => {
  for (const secret of secrets) {
    test(`is genuine and fresh to the lines of the docs, with the key ${secret.slice(0, 6)}…`, async () => {
      const verify = await verifierOfDocs();
      const { headers, body } = webhookMessage(anAlert(), readSigningKey(secret), Date.now());
      assert.deepEqual(verify(headers, body, secret), { isGenuine: true, isFresh: true });
      assert.equal(verify(headers, body.replace('Critical', 'Low'), secret).isGenuine, false);
      assert.equal(verify({ ...headers, 'webhook-timestamp': '1' }, body, secret).isGenuine, false);
      assert.equal(verify({ ...headers, 'webhook-id': 'other' }, body, secret).isGenuine, false);
      assert.equal(verify(headers, body, `other${secret}`).isGenuine, false);
    });
  }

  test('has the signature that Standard Webhooks gives for its example', () => {
    const [secret = ''] = secrets;
    const given = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: '1614265330', body: '{"test": 2432232314}' };
    assert.equal(signatureOf(given, readSigningKey(secret)), 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  test('is no longer fresh after five minutes', async () => {
    const verify = await verifierOfDocs();
    const [secret = ''] = secrets;
    const { headers, body } = webhookMessage(anAlert(), readSigningKey(secret), Date.now() - 301_000);
    assert.deepEqual(verify(headers, body, secret), { isGenuine: true, isFresh: false });
  });
});

describe('what a Secret holds', () => {
  const settings = { kind: 'webhook', allowHttp: false } as const;
  const wrong: [string, { url: string; signingKey?: string }][] = [
    ['no address', { url: 'hunter2' }],
    ['an address of another protocol', { url: 'file:///etc/passwd' }],
    ['an address without TLS', { url: 'http://hunter2.example.com/' }],
    ['a key that is too short', { url: 'https://hooks.example.com/', signingKey: 'hunter2' }],
  ];
  for (const [what, texts] of wrong) {
    test(`is refused where it is ${what}, and never told`, () => {
      assert.throws(
        () => readTarget(texts, settings),
        ({ code, message }: { code: string; message: string }) =>
          code === 'sink-secret-invalid' && !message.includes('hunter2'),
      );
    });
  }

  test('may be an address without TLS where that is allowed, and may end with a line break', () => {
    const { url } = readTarget({ url: 'http://relay.alerts.svc:8080/in\n' }, { ...settings, allowHttp: true });
    assert.equal(url.href, 'http://relay.alerts.svc:8080/in');
  });
});

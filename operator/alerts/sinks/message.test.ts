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

const keyOf = (secret: string) => readSigningKey(secret) ?? assert.fail('it is no key');

describe('a signed alert', () => {
  for (const secret of secrets) {
    test(`is genuine and fresh to the lines of the docs, with the key ${secret.slice(0, 6)}…`, async () => {
      const verify = await verifierOfDocs();
      const { headers, body } = webhookMessage(anAlert(), keyOf(secret), Date.now());
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
    assert.equal(signatureOf(given, keyOf(secret)), 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  test('is no longer fresh after five minutes', async () => {
    const verify = await verifierOfDocs();
    const [secret = ''] = secrets;
    const { headers, body } = webhookMessage(anAlert(), keyOf(secret), Date.now() - 301_000);
    assert.deepEqual(verify(headers, body, secret), { isGenuine: true, isFresh: false });
  });
});

describe('what a Secret holds', () => {
  const settings = { kind: 'webhook', allowHttp: false } as const;
  const urlKey = (text: string) => ({ text, secret: 'sec-hook', key: 'url' });
  const addresses: [what: string, text: string, says: RegExp][] = [
    ['no address', 'hunter2', /holds no address: write one such as https:/],
    ['an address of another protocol', 'file:///etc/hunter2', /holds no address/],
    ['an address without TLS', 'http://hunter2.example.com/', /begins with http:\/\/, .*: write an https:/],
    ['empty', '\n', /is empty: write the address/],
    [
      'an address with a password of half a code',
      'https://a:hunter2%@example.com/',
      /user or password .* write % as %25/,
    ],
    ['an address with a space', 'https://hunter2.example.com/a b', /holds spaces or several lines/],
    [
      'an address of two lines',
      'https://hunter2.example.com/\na',
      /holds spaces or several lines: write .* on one line/,
    ],
  ];
  for (const [what, text, says] of addresses) {
    test(`is refused where it is ${what}, by its Secret and key, and never told`, () => {
      assert.throws(
        () => readTarget({ url: urlKey(text) }, settings),
        refusal(/^the key url of the Secret sec-hook /, says),
      );
    });
  }

  const keys: [what: string, text: string, says: RegExp][] = [
    ['a key that is too short', 'hunter2', /shorter than 24 bytes: write whsec_ and/],
    ['a key that is too short after whsec_', 'whsec_hunter22', /shorter than 24 bytes/],
    [
      'no base64 after whsec_',
      `whsec_hunter2-${'a'.repeat(40)}`,
      /goes on after whsec_ with what is not base64: write/,
    ],
    ['nothing after whsec_', 'whsec_', /is not base64/],
    ['empty', '', /is empty: write whsec_ and/],
    ['a key of two lines', `${'hunter2'.repeat(9)}\na`, /holds several lines: write .* on one line/],
  ];
  for (const [what, text, says] of keys) {
    test(`is refused where it is ${what}, by its Secret and key, and never told`, () => {
      const signingKey = { text, secret: 'sec-key', key: 'hmac' };
      const read = () => readTarget({ url: urlKey('https://hooks.example.com/'), signingKey }, settings);
      assert.throws(read, refusal(/^the key hmac of the Secret sec-key /, says));
    });
  }

  test('may be an address without TLS where that is allowed, and may end with a line break', () => {
    const { url } = readTarget({ url: urlKey('http://relay.alerts.svc:8080/in\n') }, { ...settings, allowHttp: true });
    assert.equal(url.href, 'http://relay.alerts.svc:8080/in');
  });

  function refusal(...says: RegExp[]) {
    return ({ code, message }: { code: string; message: string }) =>
      code === 'sink-secret-invalid' && !message.includes('hunter2') && says.every((each) => each.test(message));
  }
});

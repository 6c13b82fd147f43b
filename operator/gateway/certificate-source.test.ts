import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { createAuthority, issueLeaf, type KeyPair } from '../certificates/authority.ts';
import { createSecretClient } from '../certificates/testing/secret-client.ts';
import { createManualClock } from '../runtime/testing/clocks.ts';
import { watchCertificate } from './certificate-source.ts';

test('the gateway gets each certificate that the operator makes, once, and nothing that is none', async () => {
  const client = createSecretClient();
  const clock = createManualClock();
  const stopping = new AbortController();
  const place = { client, namespace: 'chaperone-system', name: 'chaperone-gateway-tls' };
  const certificates = watchCertificate({ place, clock, log: pino({ level: 'silent' }) }, stopping.signal);
  const authority = await createAuthority(Date.now());
  const [first, second] = [
    await issueLeaf(authority, ['a'], Date.now()),
    await issueLeaf(authority, ['a'], Date.now()),
  ];
  const store = ({ certificate, key }: KeyPair): void => {
    const data = {
      'tls.crt': Buffer.from(certificate).toString('base64'),
      'tls.key': Buffer.from(key).toString('base64'),
    };
    client.stored.set(place.name, { metadata: { name: place.name }, data });
  };
  const seen: KeyPair[] = [];
  const following = (async () => {
    for await (const one of certificates) seen.push(one);
  })();
  await clock.advance(5_000);
  assert.deepEqual(seen, []);
  for (const pair of [first, first, { certificate: first.certificate, key: second.key }, second]) {
    store(pair);
    await clock.advance(60_000);
  }
  assert.deepEqual(seen, [first, second]);
  stopping.abort();
  await following;
});

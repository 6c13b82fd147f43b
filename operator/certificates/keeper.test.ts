import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { connect, createServer } from 'node:tls';
import { pino } from 'pino';
import { createManualClock } from '../runtime/testing/clocks.ts';
import { ensureAuthorities } from './authorities.ts';
import { type KeyPair, readKeyPair } from './authority.ts';
import { DAY } from './durations.ts';
import { type CertificateKeeper, type Credentials, createCertificateKeeper } from './keeper.ts';
import { serverTls } from './server-tls.ts';
import { ensureSigningKey } from './signing-key.ts';
import { createSecretClient, type SecretClient } from './testing/secret-client.ts';

const namespace = 'chaperone-system';
const webhookName = 'chaperone-webhook.chaperone-system.svc';
const gatewayName = 'chaperone-gateway.chaperone-system.svc';

function startKeeper(client: SecretClient) {
  const clock = createSleepyClock();
  const log = pino({ level: 'silent' });
  const services = { webhook: 'chaperone-webhook', gateway: 'chaperone-gateway' };
  const keeper = createCertificateKeeper({ client, clock, log, namespace, services });
  return { keeper, clock };
}

/** A manual clock whose time can also jump, as on a machine that slept: no timer fires meanwhile. */
function createSleepyClock() {
  const manual = createManualClock(Date.now());
  let slept = 0;
  const sleep = (ms: number): void => {
    slept += ms;
  };
  return { ...manual, now: () => manual.now() + slept, sleep };
}

/** Lets time jump and the keeper do its next round. Keys are made on other threads, so the round is over once a timer is set again. */
async function sleepAndWake(clock: ReturnType<typeof createSleepyClock>, ms: number): Promise<void> {
  clock.sleep(ms);
  await clock.advance(30_000);
  while (clock.pending() === 0) await new Promise(setImmediate);
}

async function start(keeper: CertificateKeeper): Promise<Credentials> {
  return keeper.start(new AbortController().signal);
}

function gatewayCertificate(client: SecretClient): KeyPair {
  const data = client.stored.get('chaperone-gateway-tls')?.data ?? {};
  const text = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString();
  return { certificate: text('tls.crt'), key: text('tls.key') };
}

/** A real handshake: whether a client that trusts the bundle takes the certificate for this name. */
async function isTrusted(pair: KeyPair, bundle: string, servername: string): Promise<boolean> {
  const server = createServer(serverTls(pair), (socket) => socket.end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', ca: bundle, servername });
  const trusted = await once(socket, 'secureConnect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  server.close();
  return trusted;
}

describe('the keeper', () => {
  test('makes certificates of webhook and gateway that the bundle verifies by their Service names', async () => {
    const client = createSecretClient();
    const { keeper } = startKeeper(client);
    const { bundle, webhook } = await start(keeper);
    assert.equal(await isTrusted(webhook, bundle, webhookName), true);
    assert.equal(await isTrusted(webhook, bundle, gatewayName), false);
    assert.equal(await isTrusted(gatewayCertificate(client), bundle, gatewayName), true);
    await keeper.stop();
  });

  test('ends with the same authority and signing key in every replica that starts at once', async () => {
    const client = createSecretClient();
    const keepers = Array.from({ length: 5 }, () => startKeeper(client).keeper);
    const all = await Promise.all(keepers.map(start));
    assert.equal(new Set(all.map(({ bundle }) => bundle)).size, 1);
    assert.equal(new Set(all.map(({ signing }) => signing.privateKey)).size, 1);
    assert.equal(new Set(all.map(({ webhook }) => webhook.key)).size, 5);
    await Promise.all(keepers.map((keeper) => keeper.stop()));
  });

  test('never serves a certificate over a year and a half that the bundle of seven days before would not verify', async () => {
    const client = createSecretClient();
    const { keeper, clock } = startKeeper(client);
    const bundles = [(await start(keeper)).bundle];
    const signers = new Set<string>();
    for (let day = 1; day < 550; day++) {
      await sleepAndWake(clock, DAY);
      bundles.push(keeper.current()?.bundle ?? '');
      const leaf = new X509Certificate(gatewayCertificate(client).certificate);
      signers.add(leaf.issuer);
      const trusted = (bundles[Math.max(0, day - 7)] ?? '').split(/(?<=-----END CERTIFICATE-----\n)/);
      assert.ok(
        trusted.some((pem) => leaf.verify(new X509Certificate(pem).publicKey)),
        `day ${day}`,
      );
      assert.ok(leaf.validToDate.getTime() > clock.now() + DAY, `day ${day}`);
    }
    await keeper.stop();
    assert.equal(signers.size, 3);
  });

  test("renews this replica's certificate in time, tells so, and keeps the rest", async () => {
    const { keeper, clock } = startKeeper(createSecretClient());
    const first = await start(keeper);
    const changes: Credentials[] = [];
    keeper.onChange((credentials) => changes.push(credentials));
    await sleepAndWake(clock, 4 * DAY);
    assert.equal(changes.length, 0);
    await sleepAndWake(clock, DAY);
    assert.equal(changes.length, 1);
    assert.notEqual(changes[0]?.webhook.key, first.webhook.key);
    assert.equal(changes[0]?.bundle, first.bundle);
    await keeper.stop();
  });

  test('starts as soon as the API server answers', async () => {
    const client = createSecretClient();
    const get = client.get;
    client.get = () => Promise.reject(new Error('away'));
    const { keeper, clock } = startKeeper(client);
    const started = start(keeper);
    await clock.advance(5_000);
    assert.equal(keeper.current(), undefined);
    client.get = get;
    await sleepAndWake(clock, 0);
    assert.ok((await started).bundle);
    await keeper.stop();
  });
});

describe('a Secret that was spoilt', () => {
  test('makes a new authority when that of the CA is gone', async () => {
    const client = createSecretClient();
    const place = { client, namespace, name: 'chaperone-ca' };
    const clock = createManualClock(Date.now());
    const before = await ensureAuthorities(place, clock);
    client.stored.set('chaperone-ca', {
      metadata: { name: 'chaperone-ca', namespace, resourceVersion: '99' },
      data: { 'ca.crt': 'eA==' },
    });
    const after = await ensureAuthorities(place, clock);
    assert.notEqual(after.bundle, before.bundle);
    assert.notEqual(readKeyPair(after.current.certificate, after.current.key), null);
  });

  test('is never overwritten when it holds the signing key', async () => {
    const client = createSecretClient();
    const place = { client, namespace, name: 'chaperone-signing-key' };
    client.stored.set(place.name, { metadata: { name: place.name, namespace, resourceVersion: '1' }, data: {} });
    await assert.rejects(ensureSigningKey(place), { code: 'signing-key-unreadable' });
    assert.deepEqual(client.stored.get(place.name)?.data, {});
  });

  test('is left to another that keeps writing it, after a few turns', async () => {
    const client = createSecretClient();
    client.beforeWrite = () => {
      const resourceVersion = String(Math.random());
      client.stored.set('chaperone-ca', { metadata: { name: 'chaperone-ca', namespace, resourceVersion }, data: {} });
    };
    const place = { client, namespace, name: 'chaperone-ca' };
    await assert.rejects(ensureAuthorities(place, createManualClock()), { code: 'certificate-authority-contended' });
  });
});

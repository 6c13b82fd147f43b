import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fastCheck from 'fast-check';
import { startSinkServer } from '../testing/sink-server.ts';
import { publicOr, refuseLiteral } from './guarded-lookup.ts';
import { createPoster } from './post.ts';

const isPublic = publicOr([]);

describe('an address that a policy leads to', () => {
  const local = [
    ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '169.254.169.254', '172.16.0.1', '192.168.1.1', '198.18.0.1'],
    ...[
      '224.0.0.1',
      '255.255.255.255',
      '::',
      '::1',
      'fe80::1',
      'fc00::1',
      'ff02::1',
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
    ],
    ...['64:ff9b::a9fe:a9fe', '2002:7f00:1::', '2001:0:1::1', '2001:db8::1', 'not an address', ''],
  ];
  for (const address of local) {
    test(`may not be ${address || 'empty'}`, () => assert.equal(isPublic(address), false));
  }

  test('may be a public one', () => {
    for (const address of ['8.8.8.8', '140.82.121.4', '2606:50c0:8000::153']) assert.ok(isPublic(address), address);
  });

  test('may be a private one that the chart names', () => {
    const rule = publicOr(['10.1.2.0/24', 'fd00:1::/32']);
    assert.deepEqual(['10.1.2.9', '10.1.3.9', 'fd00:1::9', 'fd00:2::9'].map(rule), [true, false, true, false]);
  });

  test('is known for what it is however it is written', () => {
    for (const host of [
      '2130706433',
      '0x7f.1',
      '0177.0.0.1',
      '127.1',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '169.254.169.254',
    ]) {
      assert.throws(() => refuseLiteral(new URL(`https://${host}/`), isPublic), { code: 'sink-address-refused' }, host);
    }
  });

  test('in no way of writing any IPv4 address as IPv6 gets around the rule for IPv4', () => {
    const octet = fastCheck.nat(255);
    fastCheck.assert(
      fastCheck.property(octet, octet, octet, octet, (...octets) => {
        assert.equal(isPublic(`::ffff:${octets.join('.')}`), false);
      }),
    );
  });
});

test('A name that leads to this machine is not connected to, and the answer says no more than that', async () => {
  const server = await startSinkServer();
  const poster = createPoster({ now: Date.now, mayConnect: isPublic });
  const why = 'its name leads to a private or local address, which is not allowed here';
  for (const host of ['localhost', '127.0.0.1', '[::ffff:127.0.0.1]']) {
    const url = new URL(server.url);
    url.host = `${host}:${url.port}`;
    assert.deepEqual(await poster.post(url, { headers: {}, body: '{}' }), { result: 'failed', why }, host);
  }
  assert.equal(server.arrived.length, 0);
  await poster.close();
  await server.close();
});

test('A name that leads to an address that is allowed is connected to', async () => {
  const server = await startSinkServer();
  const poster = createPoster({ now: Date.now, mayConnect: publicOr(['127.0.0.0/8']) });
  const url = new URL(server.url);
  url.hostname = 'localhost';
  assert.deepEqual(await poster.post(url, { headers: {}, body: '{}' }), { result: 'sent' });
  await poster.close();
  await server.close();
});

import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { type AddressBlock, containsBlock, hasNoHostBits, parseAddress, parseAddressBlock } from './address-block.ts';

const ipv4 = fc.ipV4();
const ipv6 = fc.ipV6().filter((text) => parseAddress(text) !== null);

test('an address lies in a block just where Node says so', () => {
  const cases = fc.oneof(
    fc.tuple(ipv4, ipv4, fc.nat(32), fc.constant('ipv4' as const)),
    fc.tuple(ipv6, ipv6, fc.nat(128), fc.constant('ipv6' as const)),
  );
  fc.assert(
    fc.property(cases, ([base, address, length, family]) => {
      const list = new BlockList();
      list.addSubnet(base, length, family);
      assert.equal(
        containsBlock(block(`${base}/${length}`), block(`${address}/${family === 'ipv4' ? 32 : 128}`)),
        list.check(address, family),
      );
    }),
    { numRuns: 500 },
  );
});

test('a block holds itself and its halves, and no half holds it', () => {
  const whole = block('203.0.113.0/24');
  const half = block('203.0.113.128/25');
  assert.ok(containsBlock(whole, whole) && containsBlock(whole, half) && !containsBlock(half, whole));
});

test('the families never hold each other', () => {
  assert.ok(!containsBlock(block('0.0.0.0/0'), block('2001:db8::/32')));
  assert.ok(!containsBlock(block('::/0'), block('203.0.113.0/24')));
});

test('host bits are seen', () => {
  assert.ok(
    hasNoHostBits(block('203.0.113.0/24')) && hasNoHostBits(block('0.0.0.0/0')) && hasNoHostBits(block('::1/128')),
  );
  assert.ok(!hasNoHostBits(block('203.0.113.9/24')) && !hasNoHostBits(block('2001:db8::1/32')));
});

test('all ways to write an IPv6 address mean the same', () => {
  const texts = ['2001:db8::1', '2001:DB8:0:0::1', '2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::0.0.0.1'];
  assert.equal(new Set(texts.map((text) => parseAddress(text)?.address)).size, 1);
});

test('what is no block is not taken for one', () => {
  for (const text of [
    '',
    '/',
    '1.2.3.4',
    '1.2.3.4/',
    '1.2.3.4/-1',
    '1.2.3.4/33',
    '1.2.3.4/ 8',
    '1.2.3/8',
    '::/129',
    '1::2::3/64',
    '1.2.3.4/8/8',
    'fe80::1%a/64',
    '::ffff:1.2.3.4/96',
  ]) {
    assert.equal(parseAddressBlock(text), null, text);
  }
});

test('any text is read without a throw', () => {
  fc.assert(fc.property(fc.string(), (text) => void parseAddressBlock(text)));
});

function block(text: string): AddressBlock {
  const parsed = parseAddressBlock(text);
  assert.ok(parsed, text);
  return parsed;
}

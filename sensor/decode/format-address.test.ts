import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatAddress } from './format-address.ts';

/** Few distinct values, so that runs of zeros are common. */
const bytes = fc.array(fc.constantFrom(0, 0, 0, 1, 0xab), { minLength: 16, maxLength: 16 });

test('an IPv6 address is written as the URL standard writes it', () => {
  fc.assert(
    fc.property(bytes, (address) => {
      const groups = Array.from({ length: 8 }, (_, i) =>
        (((address[2 * i] ?? 0) << 8) | (address[2 * i + 1] ?? 0)).toString(16),
      );
      const expected = new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
      assert.deepEqual(formatAddress(6, Uint8Array.from(address)), { address: expected, family: 'ipv6' });
    }),
    { numRuns: 2000 },
  );
});

test('an IPv4 address within IPv6 is IPv4', () => {
  const mapped = Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7]);
  assert.deepEqual(formatAddress(6, mapped), { address: '192.0.2.7', family: 'ipv4' });
  assert.deepEqual(formatAddress(4, Uint8Array.from([192, 0, 2, 7])), { address: '192.0.2.7', family: 'ipv4' });
});

test('another family has no address', () => {
  assert.equal(formatAddress(16, new Uint8Array(16)), null);
});

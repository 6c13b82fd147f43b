import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readName } from './domain-name.ts';
import { writeLabel, writeName } from './testing/dns-bytes.ts';

test('a name is read in lower case, up to its end', () => {
  const bytes = Buffer.concat([Buffer.from('xx'), writeName('WWW.Example.test'), Buffer.from('yy')]);
  assert.deepEqual(readName(bytes, 2), { text: 'www.example.test', end: bytes.length - 2 });
  assert.deepEqual(readName(Buffer.from([0]), 0), { text: '.', end: 1 });
});

test('a dot within a label is no boundary, and what is not printable is escaped', () => {
  const bytes = Buffer.concat([writeLabel('a.b'), writeLabel('c\\d'), writeLabel('\x00 é'), Buffer.from([0])]);
  assert.equal(readName(bytes, 0)?.text, 'a\\.b.c\\\\d.\\000\\032\\233');
});

test('a pointer leads back, and the name ends behind it', () => {
  const bytes = Buffer.concat([writeName('example.test'), writeLabel('www'), Buffer.from([0xc0, 0, 9])]);
  assert.deepEqual(readName(bytes, 14), { text: 'www.example.test', end: 20 });
});

test('pointers to themselves, forwards, in a circle or beyond the message are no names', () => {
  for (const bytes of [
    [0xc0, 0],
    [0xc0, 2, 0xc0, 0],
    [0xc0, 4, 0, 0, 1, 97, 0],
    [0xff, 0xff],
    [1, 97, 0xc0, 0],
    [0xc0],
  ])
    assert.equal(readName(Buffer.from(bytes), 0), null);
});

test('names that are too long, cut, or of unknown labels are no names', () => {
  const long = Buffer.concat([...Array.from({ length: 4 }, () => writeLabel('a'.repeat(63))), Buffer.from([0])]);
  for (const bytes of [long, Buffer.from([3, 97]), Buffer.from([]), Buffer.from([0x40, 0]), Buffer.from([0x80, 0])])
    assert.equal(readName(bytes, 0), null);
  assert.equal(readName(long.subarray(64), 0)?.text.length, 191);
});

test('a chain of pointers is followed a few times, not thousands', () => {
  const chain = Buffer.alloc(4_000);
  for (let at = 2; at < chain.length; at += 2) chain.writeUInt16BE(0xc000 | (at - 2), at);
  assert.deepEqual(readName(chain, 32), { text: '.', end: 34 });
  assert.equal(readName(chain, 3_000), null);
});

test('no bytes make it throw or exceed what a name may be', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(600), (bytes, at) => {
      const name = readName(bytes, at);
      assert.ok(name === null || (name.end > at && name.end <= bytes.length && name.text.length <= 4 * 255));
    }),
    { numRuns: 3000 },
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressesIn, parseDnsMessage, recordType } from './dns-message.ts';
import { answerFlags, edns, type MessageParts, questionName, writeMessage, writeName } from './testing/dns-bytes.ts';

const { a, aaaa, cname, any } = recordType;
const ipv4 = (...bytes: number[]) => Buffer.from(bytes);
const ipv6 = Buffer.from('20010db8000000000000000000000001', 'hex');
const addresses = (parts: MessageParts) => {
  const message = parseDnsMessage(writeMessage({ flags: answerFlags, ...parts }));
  return message === null ? null : addressesIn(message);
};

test('a question is read with id, name and type, with and without EDNS', () => {
  for (const additional of [Buffer.alloc(0), edns]) {
    const message = parseDnsMessage(writeMessage({ id: 513, name: 'GitHub.COM', type: aaaa, additional }));
    assert.deepEqual([message?.id, message?.isAnswer, message?.name, message?.type], [513, false, 'github.com', 28]);
  }
});

test('an answer gives its addresses of the type that was asked for', () => {
  const answers = [
    { name: questionName, type: a, data: ipv4(192, 0, 2, 1) },
    { name: 'A.TEST', type: a, data: ipv4(192, 0, 2, 2) },
    { name: 'a.test', type: a, data: ipv4(192, 0, 2, 2) },
    { name: 'a.test', type: aaaa, data: ipv6 },
  ];
  assert.deepEqual(addresses({ name: 'a.test', answers }), ['192.0.2.1', '192.0.2.2']);
  assert.deepEqual(addresses({ name: 'a.test', type: aaaa, answers }), ['2001:db8::1']);
  assert.deepEqual(addresses({ name: 'a.test', type: any, answers })?.length, 3);
  assert.deepEqual(addresses({ name: 'a.test', type: 16, answers }), []);
});

test('addresses are at the end of the aliases, in whatever order they stand', () => {
  const chain = [
    { name: 'c.test', type: a, data: ipv4(192, 0, 2, 3) },
    { name: 'b.test', type: cname, data: writeName('c.test') },
    { name: questionName, type: cname, data: writeName('B.test') },
  ];
  assert.deepEqual(addresses({ name: 'a.test', answers: chain }), ['192.0.2.3']);
});

test("another name's addresses, a circle of aliases and two aliases of one name give nothing", () => {
  const other = { name: 'evil.test', type: a, data: ipv4(192, 0, 2, 9) };
  const alias = (name: string, to: string) => ({ name, type: cname, data: writeName(to) });
  assert.deepEqual(addresses({ name: 'a.test', answers: [other] }), []);
  assert.deepEqual(addresses({ name: 'a.test', answers: [alias('a.test', 'b.test'), alias('b.test', 'a.test')] }), []);
  assert.deepEqual(
    addresses({ name: 'a.test', answers: [alias('a.test', 'evil.test'), alias('a.test', 'b.test'), other] }),
    [],
  );
});

test('an address of the wrong length or another class gives nothing', () => {
  assert.deepEqual(addresses({ name: 'a.test', answers: [{ name: questionName, type: a, data: ipv6 }] }), []);
  const chaos = writeMessage({
    flags: answerFlags,
    name: 'a.test',
    answers: [{ name: questionName, type: a, data: ipv4(1, 2, 3, 4) }],
  });
  chaos.writeUInt16BE(3, chaos.length - 12);
  const message = parseDnsMessage(chaos);
  assert.deepEqual(message && addressesIn(message), []);
});

test('what was cut away is missing, and what stands before the cut is there', () => {
  const answers = Array.from({ length: 40 }, (_, i) => ({ name: questionName, type: a, data: ipv4(10, 0, 0, i) }));
  const whole = writeMessage({ flags: answerFlags, name: 'a.test', answers });
  const message = parseDnsMessage(whole.subarray(0, whole.length - 20));
  assert.equal(message && addressesIn(message).length, 38);
});

test('a message of no or several questions, another operation or class is none', () => {
  const change = (at: number, value: number) => {
    const bytes = writeMessage({ name: 'a.test' });
    bytes.writeUInt16BE(value, at);
    return parseDnsMessage(bytes);
  };
  assert.deepEqual([change(4, 0), change(4, 2), change(2, 0x2800), change(22, 3)], [null, null, null, null]);
});

test('a message of nothing but pointers and a million announced records is read in no time', () => {
  const bomb = Buffer.concat([writeMessage({ flags: answerFlags, name: 'a.test' }), Buffer.alloc(4000, 0xc0)]);
  bomb.writeUInt16BE(0xffff, 6);
  assert.deepEqual(parseDnsMessage(bomb)?.records, []);
});

test('no bytes make it throw', () => {
  const whole = writeMessage({
    flags: answerFlags,
    name: 'a.test',
    answers: [{ name: questionName, type: cname, data: writeName('b.c') }],
  });
  const damaged = fc.tuple(fc.nat(whole.length - 1), fc.nat(255)).map(([at, byte]) => {
    const bytes = Buffer.from(whole);
    bytes[at] = byte;
    return new Uint8Array(bytes);
  });
  fc.assert(
    fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 600 })), (bytes) => {
      const message = parseDnsMessage(bytes);
      if (message !== null) addressesIn(message);
    }),
    { numRuns: 3000 },
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeFrame } from './decode-frame.ts';
import { dnsEventSize, eventHeaderSize, frameType, openingEventSize } from './layout.gen.ts';
import { makeFrame } from './testing/frames.ts';

/** A frame whose fixed part is 0 but for the 16-bit numbers given by offset, and its length before the bytes. */
function frameOf(
  type: number,
  size: number,
  options: { lengthAt: number; values?: Record<number, number>; length?: number },
) {
  const fixed = Buffer.alloc(size - eventHeaderSize);
  const text = Buffer.from('hello');
  fixed.writeUInt32LE(options.length ?? text.length, options.lengthAt - eventHeaderSize);
  for (const [at, value] of Object.entries(options.values ?? {}))
    fixed.writeUInt16LE(value, Number(at) - eventHeaderSize);
  return decodeFrame(makeFrame({ type, body: Buffer.concat([fixed, text]) }));
}

const dns = (values: Record<number, number>, length?: number) =>
  frameOf(frameType.dns, dnsEventSize, { lengthAt: 96, values, ...(length === undefined ? {} : { length }) });

test('a datagram with a resolver comes out with who was asked, which way it went and its bytes', () => {
  const event = dns({ 88: 4, 90: 53, 92: 17, 94: 2 });
  assert.ok(typeof event === 'object' && event.kind === 'dns');
  assert.deepEqual([event.address, event.port, event.transport, event.direction], ['0.0.0.0', 53, 'udp', 'received']);
  assert.equal(Buffer.from(event.bytes).toString(), 'hello');
});

test('an unknown family, protocol or direction and bytes beyond the frame are malformed', () => {
  for (const values of [
    { 88: 5, 92: 17, 94: 1 },
    { 88: 4, 92: 1, 94: 1 },
    { 88: 4, 92: 17, 94: 3 },
  ])
    assert.equal(dns(values), 'malformed');
  assert.equal(dns({ 88: 4, 92: 6, 94: 1 }, 9), 'malformed');
  assert.equal(frameOf(frameType.opening, openingEventSize, { lengthAt: 72, length: 9 }), 'malformed');
});

test('the first bytes of a stream come out as they are', () => {
  const event = frameOf(frameType.opening, openingEventSize, { lengthAt: 72 });
  assert.ok(typeof event === 'object' && event.kind === 'opening');
  assert.equal(Buffer.from(event.bytes).toString(), 'hello');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeFrame } from './decode-frame.ts';
import { connectEventSize, eventHeaderSize, frameFlag, frameType } from './layout.gen.ts';
import type { ExecEvent } from './process-events.ts';
import { makeEmptyEvents, makeExec, makeFrame, makeWord } from './testing/frames.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((value) => !value.includes('\0'));

test('an exec comes out as it went in', () => {
  fc.assert(
    fc.property(text, text, text, fc.array(text, { maxLength: 8 }), (path, filename, cwd, argv) => {
      const event = decodeFrame(makeExec({ path, filename, cwd, argv })) as ExecEvent;
      assert.deepEqual([event.path, event.filename, event.cwd, event.argv], [path, filename, cwd, argv]);
    }),
  );
});

test('the flags of an exec are told by name', () => {
  const { argvTruncated, runner, runnerChild, replaces, pathTruncated, envTruncated, agent } = frameFlag;
  const flags = argvTruncated | runnerChild | pathTruncated;
  const event = decodeFrame(makeExec({ flags })) as ExecEvent;
  assert.deepEqual([event.argvTruncated, event.isRunnerChild, event.pathTruncated], [true, true, true]);
  assert.deepEqual([event.isRunner, event.replaces, event.envTruncated, event.ofAgent], [false, false, false, false]);
  const others = decodeFrame(makeExec({ flags: runner | replaces | envTruncated | agent })) as ExecEvent;
  assert.deepEqual([others.isRunner, others.replaces, others.envTruncated, others.ofAgent], [true, true, true, true]);
});

test('the first variable of a name counts, and no name reaches a prototype', () => {
  const env = ['A=1', 'A=2', '__proto__=x', 'no sign', '=empty', 'B==c='];
  const event = decodeFrame(makeExec({ env })) as ExecEvent;
  assert.deepEqual(Object.entries(event.env), [
    ['A', '1'],
    ['__proto__', 'x'],
    ['B', '=c='],
  ]);
  assert.equal(Object.getPrototypeOf(event.env), Object.prototype);
});

test('ids are sixteen hex digits, and none is null', () => {
  const frame = makeFrame({ type: frameType.fork, body: Buffer.alloc(24) });
  frame.writeBigUInt64LE(0xabcn, 16); // image
  frame.writeBigUInt64LE(0n, 24); // root
  const event = decodeFrame(frame);
  assert.ok(typeof event === 'object' && event.kind === 'fork');
  assert.deepEqual([event.image, event.root, event.childRoot], ['0000000000000abc', null, null]);
});

test('a connection of a protocol or family that is not known is malformed', () => {
  const frame = makeFrame({ type: frameType.connect, body: Buffer.alloc(connectEventSize - eventHeaderSize) });
  assert.equal(decodeFrame(frame), 'malformed');
  frame.writeUInt16LE(4, eventHeaderSize + 8);
  frame.writeUInt16LE(17, eventHeaderSize + 10);
  frame.writeUInt16LE(1, eventHeaderSize + 14);
  assert.notEqual(decodeFrame(frame), 'malformed');
});

test('a frame of an unknown type is unknown', () => {
  assert.equal(decodeFrame(makeFrame({ type: 200 })), 'unknown');
});

test('an exec whose lengths exceed the frame is malformed', () => {
  const frame = makeExec({ path: '/bin/sh', argv: ['sh'] });
  frame.writeUInt32LE(0xffffffff, eventHeaderSize + 16);
  assert.equal(decodeFrame(frame), 'malformed');
});

test('an event cut short is malformed', () => {
  for (const whole of makeEmptyEvents()) {
    const cut = whole.subarray(0, whole.length - 8);
    cut.writeUInt32LE(cut.length, 0);
    assert.equal(decodeFrame(cut), 'malformed');
  }
});

test('words of the probe are checked', () => {
  assert.deepEqual(decodeFrame(makeWord(frameType.flushed, { id: 7, later: 'field' })), { kind: 'flushed', id: 7 });
  for (const body of [{}, { id: -1 }, { id: 'x' }, [], null])
    assert.equal(decodeFrame(makeWord(frameType.flushed, body)), 'malformed');
  assert.equal(decodeFrame(makeFrame({ type: frameType.hello, body: Buffer.from('{"version"') })), 'malformed');
});

test('no bytes make it throw', () => {
  const types = fc.constantFrom(...Object.values(frameType), 0, 200);
  fc.assert(
    fc.property(types, fc.uint8Array({ maxLength: 400 }), (type, bytes) => {
      decodeFrame(makeFrame({ type, body: Buffer.from(bytes) }));
      decodeFrame(Buffer.from(bytes));
    }),
    { numRuns: 2000 },
  );
});

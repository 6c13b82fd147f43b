import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FrameSplitter } from './frame-splitter.ts';
import { makeEmptyEvents, makeExec, makeFrame } from './testing/frames.ts';

const frames = [...makeEmptyEvents(), makeExec({ path: '/bin/true', argv: ['true'] }), makeFrame({ type: 200 })];
const stream = Buffer.concat(frames);

test('frames come out whole wherever the stream is cut', () => {
  for (let cut = 0; cut <= stream.length; cut += 1) {
    const splitter = new FrameSplitter();
    const got = [...splitter.push(stream.subarray(0, cut)), ...splitter.push(stream.subarray(cut))];
    assert.deepEqual(got, frames);
  }
});

test('frames come out whole from chunks of any sizes', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (sizes) => {
      const splitter = new FrameSplitter();
      const got: Buffer[] = [];
      for (let at = 0, i = 0; at < stream.length; i += 1) {
        const size = sizes[i % sizes.length] ?? 1;
        got.push(...splitter.push(stream.subarray(at, at + size)));
        at += size;
      }
      assert.deepEqual(got, frames);
    }),
  );
});

test('a length that cannot be ends the stream after the frames before it', () => {
  for (const length of [0, 8, 63, 65, 0xffffffff]) {
    const bad = Buffer.alloc(64);
    bad.writeUInt32LE(length, 0);
    const splitter = new FrameSplitter();
    assert.deepEqual(splitter.push(Buffer.concat([stream, bad, stream])), frames);
    assert.equal(splitter.broken, true);
    assert.deepEqual(splitter.push(stream), []);
  }
});

test('no bytes make it throw or grow without bound', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 100 })), (chunks) => {
      const splitter = new FrameSplitter();
      for (const chunk of chunks) for (const frame of splitter.push(Buffer.from(chunk))) assert.ok(frame.length >= 64);
    }),
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fastCheck from 'fast-check';
import { nameText } from './decode-file.ts';
import { decodeFrame } from './decode-frame.ts';
import type { FileEvent } from './file-events.ts';
import { eventHeaderSize, fileEventSize, fileOp, fileSource, frameType } from './layout.gen.ts';
import { makeFrame } from './testing/frames.ts';

interface Parts {
  readonly op?: number;
  readonly flags?: number;
  readonly texts?: readonly (string | Buffer)[];
  readonly lengths?: readonly number[];
}

/** `texts`: dir, path, dir2, path2. */
function makeFile({ op = fileOp.rename, flags = 0, texts = [], lengths }: Parts): Buffer {
  const fixed = Buffer.alloc(fileEventSize - eventHeaderSize);
  const parts = texts.map((text) => Buffer.from(text));
  fixed.writeBigUInt64LE(1n, 8);
  fixed.writeUInt32LE(flags, 24);
  fixed.writeUInt16LE(op, 28);
  fixed.writeUInt16LE(fileSource.argument, 30);
  (lengths ?? parts.map(({ length }) => length)).forEach((length, i) => {
    fixed.writeUInt32LE(length, 32 + 4 * i);
  });
  return makeFrame({ type: frameType.file, body: Buffer.concat([fixed, ...parts]) });
}

test('a relative path is joined to its folder, an absolute one stands alone', () => {
  const event = decodeFrame(makeFile({ texts: ['/a/b', '../c', '', '/d'] })) as FileEvent;
  assert.deepEqual(
    [event.operation, event.source, event.path, event.path2, event.count],
    ['rename', 'argument', '/a/c', '/d', 1],
  );
});

test('two files that change places are an exchange', () => {
  assert.equal((decodeFrame(makeFile({ flags: 2, texts: ['', '/a', '', '/b'] })) as FileEvent).operation, 'exchange');
});

test('lengths that contradict the frame, and operations that are not known, are malformed', () => {
  const lengths = fastCheck.array(fastCheck.nat({ max: 0xffffffff }), { minLength: 4, maxLength: 4 });
  fastCheck.assert(
    fastCheck.property(lengths, fastCheck.uint8Array({ maxLength: 64 }), (claimed, bytes) => {
      const event = decodeFrame(makeFile({ texts: [Buffer.from(bytes)], lengths: claimed }));
      const sum = claimed.reduce((one, other) => one + other);
      assert.equal(event === 'malformed', sum > Math.ceil(bytes.length / 8) * 8);
    }),
  );
  assert.equal(decodeFrame(makeFile({ op: 99 })), 'malformed');
});

test('names of different bytes never come out as one text', () => {
  const bytes = fastCheck.uint8Array({ minLength: 1, maxLength: 8 }).filter((name) => !name.includes(92));
  fastCheck.assert(
    fastCheck.property(bytes, bytes, (one, other) => {
      assert.equal(nameText(Buffer.from(one)) === nameText(Buffer.from(other)), Buffer.from(one).equals(other));
    }),
  );
});

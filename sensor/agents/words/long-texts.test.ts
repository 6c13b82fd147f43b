import assert from 'node:assert/strict';
import { test } from 'node:test';
import fastCheck from 'fast-check';
import { LongTexts } from './long-texts.ts';

/** What is left of a value that is told in parts of these lengths. */
function passed(value: unknown, lengths: Iterator<number>): unknown {
  const texts = new LongTexts();
  const parts: Buffer[] = [];
  for (let left = Buffer.from(JSON.stringify(value)); left.length > 0; ) {
    const length = lengths.next().value;
    parts.push(texts.pass(Buffer.from(left.subarray(0, length))));
    left = left.subarray(length);
  }
  return JSON.parse(Buffer.concat(parts).toString());
}

test('JSON without long texts is passed on as it is, however it comes', () => {
  const lengths = fastCheck.infiniteStream(fastCheck.integer({ min: 1, max: 20 }));
  fastCheck.assert(
    fastCheck.property(fastCheck.jsonValue(), lengths, (value, parts) => {
      assert.deepEqual(passed(value, parts), JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('of a long text the beginning is kept, wherever it is cut, and all that follows it', () => {
  for (const unit of ['x', '"', '\\', '\u0001', 'ab\n', '\u2028x\u0001'])
    for (let before = 0; before < 8; before += 1) {
      const text = 'y'.repeat(before) + unit.repeat(40_000 / unit.length);
      const [long, next] = passed([text, { after: 'it' }], [1e6].values()) as [string, unknown];
      assert.deepEqual(next, { after: 'it' });
      assert.ok(text.startsWith(long.replace(/\uFFFD+$/, '')), JSON.stringify(long.slice(-9)));
      assert.ok(long.length > 1_300 && long.length <= 8_192, String(long.length));
    }
});

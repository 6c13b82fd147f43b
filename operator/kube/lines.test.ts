import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { splitLines } from './lines.ts';

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function collect(chunks: AsyncIterable<Uint8Array>, maxBytes?: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of splitLines(chunks, maxBytes)) lines.push(line);
  return lines;
}

test('Lines do not depend on where the bytes were cut', async () => {
  const line = fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replaceAll('\n', ''));
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.integer({ min: 1, max: 64 }), async (lines, size) => {
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
      assert.deepEqual(
        await collect(chunksOf(bytes, size)),
        lines.map((text) => Buffer.from(text).toString()),
      );
    }),
  );
});

test('An unfinished last line is dropped', async () => {
  assert.deepEqual(await collect(chunksOf(Buffer.from('one\ntw'), 2)), ['one']);
});

test('A line beyond the limit is refused before it is whole', async () => {
  await assert.rejects(collect(chunksOf(Buffer.from(`ok\n${'x'.repeat(100)}`), 10), 50), { code: 'kube-malformed' });
  assert.deepEqual(
    await collect(chunksOf(Buffer.from(`${'x'.repeat(50)}\n`.repeat(3)), 7), 60),
    Array(3).fill('x'.repeat(50)),
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ArgvEvent } from '../decode/process-events.ts';
import { ProcessTable } from './process-table.ts';
import { FakeKernel } from './testing/fake-kernel.ts';

const inline = 4096;

/** An exec of these arguments as the kernel would tell it, and its chunks of so many bytes. */
function execute(argv: readonly string[], chunkBytes: number) {
  const kernel = new FakeKernel();
  const bytes = Buffer.from(argv.map((argument) => `${argument}\0`).join(''));
  const cut = bytes.subarray(0, inline).toString().split('\0');
  const exec = kernel.exec(kernel.process(), '/bin/x', { argv: cut });
  const table = new ProcessTable();
  const image = table.exec({ ...exec, argvTruncated: bytes.length > inline, argvBytes: bytes.length });
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, i): ArgvEvent => {
    const part = bytes.subarray(i * chunkBytes, (i + 1) * chunkBytes);
    return { ...exec, kind: 'argv', offset: i * chunkBytes, bytes: part, argvBytes: bytes.length };
  });
  return { table, image, chunks, bytes };
}

test('chunks give back the arguments as they were, wherever they are cut', () => {
  const argument = fc.string({ unit: 'grapheme', maxLength: 300 }).filter((text) => !text.includes('\0'));
  fc.assert(
    fc.property(fc.array(argument, { maxLength: 40 }), fc.integer({ min: 500, max: 5000 }), (more, size) => {
      const argv = [...more, 'long'.repeat(1200), ...more];
      const { table, image, chunks, bytes } = execute(argv, size);
      for (const chunk of chunks) table.argv(chunk);
      assert.deepEqual([image.argv, image.argvKnown], [argv, bytes.length]);
    }),
  );
});

test('a chunk that is missing ends what is known of the arguments', () => {
  const { table, image, chunks } = execute(
    Array.from({ length: 100 }, (_, i) => `${i}`.padEnd(99)),
    2000,
  );
  for (const chunk of chunks) if (chunk.offset !== 6000) table.argv(chunk);
  assert.deepEqual([image.argv.length, image.argvKnown, image.argvBytes], [60, 6000, 10_000]);
});

test('without its first chunk an exec keeps what it brought itself', () => {
  const { table, image, chunks } = execute(['x'.repeat(9000)], 3000);
  for (const chunk of chunks.slice(1)) table.argv(chunk);
  assert.deepEqual([image.argv[0]?.length, image.argvKnown], [inline, inline]);
});

test('what long arguments take is bounded, and given back when their process was told of', () => {
  const { table, image, chunks } = execute(['y'.repeat(100_000)], 16_384);
  const others = Array.from({ length: 100 }, (_, i) => {
    const other = table.exec({ ...execEvent(), image: `${i}`, argvBytes: 100_001 });
    for (const chunk of chunks) table.argv({ ...chunk, image: `${i}` });
    return other;
  });
  for (const chunk of chunks) table.argv(chunk);
  assert.equal(image.argvKnown, inline);
  for (const other of others) table.forgetArguments(other);
  for (const chunk of chunks) table.argv(chunk);
  assert.equal(image.argvKnown, 100_001);
});

function execEvent() {
  const kernel = new FakeKernel();
  return { ...kernel.exec(kernel.process(), '/bin/x'), argvTruncated: true };
}

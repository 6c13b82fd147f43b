import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Sequence } from './sequence.ts';

function gapsOf(numbers: readonly number[]): number {
  const sequence = new Sequence((numbers[0] ?? 0) >>> 0);
  for (const seq of numbers) sequence.seen(seq >>> 0);
  return sequence.missing;
}

test('a number that never comes is a gap, one that comes late is none', () => {
  assert.deepEqual(
    [gapsOf([5, 6, 7]), gapsOf([5, 7]), gapsOf([5, 7, 6]), gapsOf([6, 5, 7]), gapsOf([9, 5])],
    [0, 1, 0, 0, 3],
  );
});

test('the numbers go on after the largest one', () => {
  assert.deepEqual([gapsOf([-2, -1, 0, 1]), gapsOf([-1, 1]), gapsOf([0, -1, 1])], [0, 1, 0]);
});

test('whatever the order, as many numbers are missing as did not come between the first and the last', () => {
  const numbers = fc.uniqueArray(fc.nat(60), { minLength: 1 });
  fc.assert(
    fc.property(numbers, fc.integer(), (some, base) => {
      const expected = Math.max(...some) - Math.min(...some) + 1 - some.length;
      assert.equal(gapsOf(some.map((number) => number + base)), expected);
    }),
  );
});

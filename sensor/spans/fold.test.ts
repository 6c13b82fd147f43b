import assert from 'node:assert/strict';
import { test } from 'node:test';
import fastCheck from 'fast-check';
import { Folds, otherName } from './fold.ts';

test('folding is the same whether done one by one or by merging folds', () => {
  const spans = fastCheck.array(
    fastCheck.tuple(fastCheck.constantFrom('a', 'b', 'c'), fastCheck.nat(9), fastCheck.nat(9), fastCheck.boolean()),
  );
  fastCheck.assert(
    fastCheck.property(spans, (all) => {
      const [plain, one, other] = [new Folds(), new Folds(), new Folds()];
      for (const [name, start, length, which] of all) {
        const times = [BigInt(start), BigInt(start + length)] as const;
        plain.add(name, ...times);
        (which ? one : other).add(name, ...times);
      }
      for (const fold of other.drain()) one.merge(fold);
      const sorted = (folds: Folds) => folds.drain().sort((a, b) => (a.name < b.name ? -1 : 1));
      assert.deepEqual(sorted(one), sorted(plain));
    }),
  );
});

test('names beyond the limit are counted together, so the total stays exact', () => {
  const folds = new Folds(2);
  for (const name of ['a', 'b', 'c', 'd', 'a']) folds.add(name, 0n, 1n);
  assert.deepEqual(
    folds.drain().map(({ name, count }) => [name, count]),
    [
      ['a', 2],
      ['b', 1],
      [otherName, 2],
    ],
  );
});

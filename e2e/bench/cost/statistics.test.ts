import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { median, orderOf, pairedRatios, spread } from './statistics.ts';

test('the median is the middle sample, or lies between the two in the middle', () => {
  assert.deepEqual([median([3, 1, 2]), median([4, 1, 3, 2]), median([7])], [2, 2.5, 7]);
  assert.ok(Number.isNaN(median([])));
});

test('no more than half of the samples lie on either side of the median', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1 }), (samples) => {
      const middle = median(samples);
      assert.ok(samples.filter((sample) => sample < middle).length <= samples.length / 2);
      assert.ok(samples.filter((sample) => sample > middle).length <= samples.length / 2);
    }),
  );
});

test('a spread tells the middle, the ends and the count', () => {
  assert.deepEqual(spread([5, 1, 3]), { median: 3, min: 1, max: 5, count: 3 });
});

test('a ratio pairs what ran in the same round, and leaves out who ran alone', () => {
  const samples = [
    { round: 0, tool: 'none', wallNs: 100 },
    { round: 0, tool: 'sensor', wallNs: 110 },
    { round: 1, tool: 'sensor', wallNs: 300 },
    { round: 1, tool: 'none', wallNs: 200 },
    { round: 2, tool: 'sensor', wallNs: 1 },
  ];
  assert.deepEqual(pairedRatios(samples, 'sensor', 'none'), [1.1, 1.5]);
});

const contenders = [
  { name: 'a', every: 1 },
  { name: 'b', every: 1 },
  { name: 'c', every: 3 },
];
const namesOf = (round: number) => orderOf(contenders, round).map(({ name }) => name);

test('each round begins with another one, and after a whole turn it goes backwards', () => {
  assert.deepEqual([0, 1, 2, 3].map(namesOf), [
    ['a', 'b', 'c'],
    ['b', 'a'],
    ['b', 'a'],
    ['c', 'b', 'a'],
  ]);
});

test('over the rounds two contenders stand first equally often', () => {
  const pair = contenders.slice(0, 2);
  const first = Array.from({ length: 40 }, (_, round) => orderOf(pair, round)[0]?.name);
  assert.equal(first.filter((name) => name === 'a').length, 20);
});

test('whatever the round, nobody runs twice and nobody who is due is missing', () => {
  fc.assert(
    fc.property(fc.nat(1000), (round) => {
      const due = contenders.filter(({ every }) => round % every === 0).map(({ name }) => name);
      assert.deepEqual(namesOf(round).sort(), due.sort());
    }),
  );
});

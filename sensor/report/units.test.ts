import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counted, duration } from './units.ts';

test('durations are said in the unit that fits', () => {
  const said = [
    430_000n,
    999_400n,
    999_600n,
    12_000_000n,
    999_400_000n,
    999_600_000n,
    1_940_000_000n,
    41_200_000_000n,
    187_000_000_000n,
    7_500_000_000_000n,
  ];
  assert.deepEqual(said.map(duration), [
    '430 µs',
    '999 µs',
    '1 ms',
    '12 ms',
    '999 ms',
    '1.00 s',
    '1.94 s',
    '41.2 s',
    '3 m 07 s',
    '2 h 05 m',
  ]);
});

test('counts agree with their noun', () => {
  assert.equal(counted(1, 'step'), '1 step');
  assert.equal(counted(2000, 'process', 'processes'), '2,000 processes');
});

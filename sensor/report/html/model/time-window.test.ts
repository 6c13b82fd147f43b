import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lineWindow } from './line-window.ts';
import { around, pan, ticks, zoom } from './time-window.ts';

const labels = (to: number, most = 6, from = 0) => ticks({ from, to }, most).map(({ label }) => label);

test('the axis is marked at round times in the unit that fits', () => {
  assert.deepEqual(labels(1030), ['0', '200 ms', '400 ms', '600 ms', '800 ms', '1.0 s']);
  assert.deepEqual(labels(41_200), ['0', '10 s', '20 s', '30 s', '40 s']);
  assert.deepEqual(labels(187_000), ['0', '1 m', '2 m', '3 m']);
  assert.deepEqual(labels(7_500_000), ['0', '30 m', '1 h', '1 h 30 m', '2 h']);
  assert.deepEqual(labels(62_000, 3, 60_000), ['1 m', '1 m 1 s', '1 m 2 s']);
  assert.deepEqual(
    labels(0.3),
    ['0', '0.05 ms', '0.10 ms', '0.15 ms', '0.20 ms', '0.25 ms', '0.30 ms'].slice(0, labels(0.3).length),
  );
});

test('any window has as many marks as have room, all within it', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1e9, noNaN: true }),
      fc.double({ min: 0.1, max: 1e9, noNaN: true }),
      (from, length) => {
        const marks = ticks({ from, to: from + length }, 6);
        assert.ok(marks.length <= 8, `${marks.length}`);
        for (const { at } of marks) assert.ok(at >= -1e-9 && at <= 1 + 1e-9, `${at}`);
      },
    ),
  );
});

test('zooming keeps what is under the pointer where it is, and never leaves the job', () => {
  assert.deepEqual(zoom({ from: 0, to: 1000 }, 0.5, 1000), { from: 250, to: 750 });
  assert.deepEqual(zoom({ from: 0, to: 1000 }, 0.5, 1000, 0), { from: 0, to: 500 });
  assert.deepEqual(zoom({ from: 250, to: 750 }, 4, 1000), { from: 0, to: 1000 });
  assert.deepEqual(pan({ from: 0, to: 500 }, 0.5, 1000), { from: 250, to: 750 });
  assert.deepEqual(pan({ from: 400, to: 900 }, 0.5, 1000), { from: 500, to: 1000 });
  assert.deepEqual(around(990, 1000, 1000), { from: 988, to: 1000 });
});

test('whatever is asked for, the window has a length and stays within the job', () => {
  const number = fc.double({ noNaN: true, min: -1e7, max: 1e7 });
  fc.assert(
    fc.property(number, number, fc.double({ min: 0, max: 1e7, noNaN: true }), (from, to, whole) => {
      for (const window of [around(from, to, whole), zoom({ from: 0, to: Math.max(whole, 1) }, 0.0001, whole, from)]) {
        assert.ok(window.to > window.from && window.from >= 0 && window.to <= Math.max(whole, 0.1) + 1e-6);
      }
    }),
  );
});

test('of a long list only the lines in sight and some around them are drawn', () => {
  assert.deepEqual(lineWindow({ top: -200, screen: 800, line: 28 }, 2000), { first: 0, last: 34 });
  assert.deepEqual(lineWindow({ top: 28_000, screen: 840, line: 28 }, 2000), { first: 988, last: 1042 });
  assert.deepEqual(lineWindow({ top: 1e9, screen: 840, line: 28 }, 5), { first: 5, last: 5 });
  assert.deepEqual(lineWindow({ top: 0, screen: 1e9, line: 28 }, 2000), { first: 0, last: 400 });
});

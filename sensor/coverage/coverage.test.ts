import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventClasses } from '../decode/kernel-events.ts';
import { renderCoverage } from './render.ts';
import { armedTiers, sightIn } from './row.ts';
import { coverageTable } from './table.ts';
import { testTitles } from './testing/test-titles.ts';

test('every row that sees something names a test that exists', () => {
  const titles = testTitles();
  for (const row of coverageTable) {
    const seesNothing = armedTiers.every((tier) => sightIn(row, tier) === 'not seen');
    if (row.test === null) assert.ok(seesNothing, `${row.subject}, ${row.path}: has no test`);
    else assert.ok(titles.has(row.test), `${row.subject}, ${row.path}: there is no test “${row.test}”`);
  }
});

test('every kind of event has a row', () => {
  const told = new Set(coverageTable.map(({ event }) => event));
  assert.deepEqual(
    eventClasses.filter((kind) => !told.has(kind)),
    [],
  );
});

test('no path of a subject stands there twice', () => {
  const keys = coverageTable.map(({ subject, path }) => `${subject}: ${path}`);
  assert.equal(new Set(keys).size, keys.length);
});

test('the committed table is what the rows say', () => {
  const committed = readFileSync(join(import.meta.dirname, '../../docs/coverage.md'), 'utf8');
  assert.equal(renderCoverage(coverageTable), committed, 'run sensor/coverage/generate');
});

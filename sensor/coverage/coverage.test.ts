import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventClasses } from '../decode/events.ts';
import { kernelCases } from '../kernels/cases.ts';
import { renderCoverage } from './render.ts';
import { armedTiers, sightIn } from './row.ts';
import { coverageTable } from './table.ts';

const sensor = join(import.meta.dirname, '..');

/** Of every test of the sensor: those of the kernels by running their list, the others as they stand in the source. */
function findTitles(): Set<string> {
  const titles = new Set(kernelCases.map(({ title }) => title));
  for (const file of globSync('**/*.test.ts', { cwd: sensor })) {
    const source = readFileSync(join(sensor, file), 'utf8');
    for (const [, single, double] of source.matchAll(/^test\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"),/gm))
      titles.add((single ?? double ?? '').replaceAll("\\'", "'"));
  }
  return titles;
}

test('every row that sees something names a test that exists', () => {
  const titles = findTitles();
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
  const committed = readFileSync(join(sensor, '..', 'docs', 'coverage.md'), 'utf8');
  assert.equal(renderCoverage(coverageTable), committed, 'run sensor/coverage/generate');
});

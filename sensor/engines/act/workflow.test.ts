import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fastCheck from 'fast-check';
import { findStep } from './planned-job.ts';
import { parseWorkflows, readWorkflows } from './workflow.ts';

const folder = mkdtempSync(join(tmpdir(), 'chaperone-workflow-'));
after(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, '.github/workflows'), { recursive: true });
writeFileSync(
  join(folder, '.github/workflows/ci.yml'),
  'name: CI\njobs: {build: {steps: [{name: Compile, id: c, run: make}]}}',
);
writeFileSync(join(folder, 'other.yaml'), 'name: Other\njobs: {build: {name: Build, steps: [{uses: ./act}]}}');

test('a step is called by its id or by its index, and named as GitHub shows it', () => {
  const names = parseWorkflows([
    [
      'ci.yml',
      'jobs:\n  build:\n    steps:\n    - {id: one, name: First}\n    - uses: octo/act@v1\n    - run: |\n\n        make all\n        make test',
    ],
  ]);
  const job = names.job('ci.yml', 'build');
  assert.deepEqual(
    job?.steps.map(({ key, id, name, uses }) => [key, id, name, uses]),
    [
      ['#0', 'one', 'First', null],
      ['#1', '1', 'Run octo/act@v1', 'octo/act@v1'],
      ['#2', '2', 'Run make all', null],
    ],
  );
  assert.deepEqual([job?.name, names.job('ci.yml', 'x')], ['build', null]);
});

test("the files are act's: the default folder, -W, -C", () => {
  const name = (...argv: string[]) =>
    readWorkflows(['act', ...argv], folder)
      .job('', 'build')
      ?.steps.find(({ id }) => id === 'c')?.name ?? null;
  assert.equal(name('push'), 'Compile');
  assert.equal(name('-W', 'other.yaml'), null);
  const other = (...argv: string[]) => readWorkflows(argv, '/').job('', 'build')?.name ?? null;
  assert.equal(other('act', '-C', folder, '--workflows=other.yaml'), 'Build');
  assert.equal(other('act', `--directory=${folder}`, '-Wother.yaml'), 'Build');
  assert.equal(other('act'), null);
});

test("where two workflows have a job of one key, the workflow's name decides, else nothing is guessed", () => {
  const names = parseWorkflows([
    ['a.yml', 'name: A\njobs: {build: {name: Build A}}'],
    ['b.yml', 'name: B\njobs: {build: {name: Build B}}'],
  ]);
  assert.deepEqual(
    [names.job('A', 'build')?.name, names.job('B', 'build')?.name, names.job('', 'build')],
    ['Build A', 'Build B', null],
  );
});

test('no text makes it throw, and aliases do not multiply', () => {
  const bomb = `a: &a [x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\njobs: {build: {steps: [*d,*d,*d,*d,*d]}}`;
  assert.equal(parseWorkflows([['x', bomb]]).job('', 'build'), null);
  fastCheck.assert(
    fastCheck.property(fastCheck.oneof(fastCheck.string({ unit: 'binary' }), fastCheck.json()), (text) => {
      const names = parseWorkflows([
        ['x', text],
        ['y', `jobs: {build: ${text}}`],
      ]);
      findStep(names.job('x', 'build'), '#0');
      findStep(names.job('y', 'build'), '#0/1');
    }),
  );
});

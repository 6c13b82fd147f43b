import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fastCheck from 'fast-check';
import { parseWorkflowNames, readWorkflowNames } from './workflow.ts';

const folder = mkdtempSync(join(tmpdir(), 'chaperone-workflow-'));
after(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, '.github/workflows'), { recursive: true });
writeFileSync(
  join(folder, '.github/workflows/ci.yml'),
  'name: CI\njobs: {build: {steps: [{name: Compile, id: c, run: make}]}}',
);
writeFileSync(join(folder, 'other.yaml'), 'name: Other\njobs: {build: {name: Build, steps: [{uses: ./act}]}}');

test('a step is found by its id or by its index', () => {
  const names = parseWorkflowNames([
    [
      'ci.yml',
      'jobs:\n  build:\n    steps:\n    - {id: one, name: First}\n    - uses: octo/act@v1\n    - run: |\n\n        make all\n        make test',
    ],
  ]);
  const step = (key: string) => names.step('ci.yml', 'build', key);
  assert.deepEqual(step('one'), { name: 'First', uses: null });
  assert.deepEqual(step('1'), { name: 'Run octo/act@v1', uses: 'octo/act@v1' });
  assert.deepEqual(step('2'), { name: 'Run make all', uses: null });
  assert.deepEqual(
    [step('0'), step('3'), names.job('ci.yml', 'build'), names.job('ci.yml', 'x')],
    [null, null, 'build', null],
  );
});

test("the files are act's: the default folder, -W, -C", () => {
  const name = (...argv: string[]) => readWorkflowNames(['act', ...argv], folder).step('', 'build', 'c')?.name ?? null;
  assert.equal(name('push'), 'Compile');
  assert.equal(name('-W', 'other.yaml'), null);
  const other = (...argv: string[]) => readWorkflowNames(argv, '/').job('', 'build');
  assert.equal(other('act', '-C', folder, '--workflows=other.yaml'), 'Build');
  assert.equal(other('act', `--directory=${folder}`, '-Wother.yaml'), 'Build');
  assert.equal(other('act'), null);
});

test("where two workflows have a job of one key, the workflow's name decides, else nothing is guessed", () => {
  const names = parseWorkflowNames([
    ['a.yml', 'name: A\njobs: {build: {name: Build A}}'],
    ['b.yml', 'name: B\njobs: {build: {name: Build B}}'],
  ]);
  assert.deepEqual(
    [names.job('A', 'build'), names.job('B', 'build'), names.job('', 'build')],
    ['Build A', 'Build B', null],
  );
});

test('no text makes it throw, and aliases do not multiply', () => {
  const bomb = `a: &a [x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\njobs: {build: {steps: [*d,*d,*d,*d,*d]}}`;
  assert.equal(parseWorkflowNames([['x', bomb]]).job('', 'build'), null);
  fastCheck.assert(
    fastCheck.property(fastCheck.oneof(fastCheck.string({ unit: 'binary' }), fastCheck.json()), (text) => {
      const names = parseWorkflowNames([
        ['x', text],
        ['y', `jobs: {build: ${text}}`],
      ]);
      names.step('x', 'build', '0');
    }),
  );
});

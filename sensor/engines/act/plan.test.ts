import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fastCheck from 'fast-check';
import { folderOf } from './action-folder.ts';
import { type PlannedJob, pathsOf } from './planned-job.ts';
import { parseWorkflows, readWorkflows } from './workflow.ts';

const root = mkdtempSync(join(tmpdir(), 'chaperone-plan-'));
after(() => rmSync(root, { recursive: true }));

function planned(job: string, actions: Record<string, string> = {}): PlannedJob {
  const plan = parseWorkflows(
    [['ci.yml', `env: {TOP: t, WHO: w}\njobs:\n  j:\n${job.replace(/^/gm, '    ')}`]],
    actions,
  );
  return plan.job('', 'j') as PlannedJob;
}

function namesIn(job: PlannedJob | null): string[] {
  return pathsOf(job?.steps ?? []).map((path) => path.map(({ name }) => name).join(' > '));
}

test('only what every job of the matrix has is put into names', () => {
  const steps = `steps: [{run: "echo \${{ matrix.os }} \${{matrix.v}} \${{ env.TOP }} \${{ secrets.x }}"}]`;
  const name = (matrix: string) => namesIn(planned(`strategy: {matrix: ${matrix}}\n${steps}`))[0];
  assert.equal(name('{os: [linux], v: [1, 2]}'), `Run echo linux \${{matrix.v}} t \${{ secrets.x }}`);
  assert.equal(name('{include: [{os: mac, v: 3}]}'), `Run echo mac 3 t \${{ secrets.x }}`);
  assert.equal(
    name('{os: [linux], include: [{os: mac}]}'),
    `Run echo \${{ matrix.os }} \${{matrix.v}} t \${{ secrets.x }}`,
  );
  assert.equal(
    name(`"\${{ fromJSON(needs.a.outputs.m) }}"`),
    `Run echo \${{ matrix.os }} \${{matrix.v}} t \${{ secrets.x }}`,
  );
});

test('the environment is not guessed in a job that changes it', () => {
  const job = planned(`env: {WHO: me}\nsteps:\n- {name: "Hi \${{ env.WHO }}", run: make}`);
  const changing = planned(`steps:\n- {name: "Hi \${{ env.WHO }}", run: echo WHO=x >> "$GITHUB_ENV"}`);
  assert.deepEqual([namesIn(job), namesIn(changing)], [['Hi me'], [`Hi \${{ env.WHO }}`]]);
});

test('composite actions that use each other end, and stay bounded', () => {
  const self = 'runs: {using: composite, steps: [{uses: ./a}, {uses: ./a}, {uses: ./a}]}';
  const paths = pathsOf(planned('steps: [{uses: ./a}]', { a: self }).steps);
  assert.ok(paths.length > 10 && paths.length <= 5_000 && paths.every(({ length }) => length <= 11));
});

test("a local action's folder is told in one way", () => {
  const folders = ['./', './.', './a', './a//', './a/../b', './../x'].map(folderOf);
  assert.deepEqual(folders, ['', '', 'a', 'a', 'b', '../x']);
});

test('actions are read from the repository, and from nowhere else', () => {
  const repository = join(root, 'repository');
  for (const folder of ['.github/workflows', 'in', 'pipe', 'huge'].map((name) => join(repository, name)))
    mkdirSync(folder, { recursive: true });
  const action = 'runs: {using: composite, steps: [{name: Inner, run: make}]}';
  mkdirSync(join(root, 'out'));
  writeFileSync(join(root, 'out/action.yml'), action);
  writeFileSync(join(repository, 'in/action.yaml'), action);
  writeFileSync(join(repository, 'huge/action.yml'), `${action}\n#${'x'.repeat(2 ** 20)}`);
  symlinkSync('/dev/zero', join(repository, 'pipe/action.yml'));
  symlinkSync('../out', join(repository, 'link'));
  const uses = ['./in', './link', './../out', './pipe', './huge', './in/../in', './none'];
  const steps = uses.map((path) => `{uses: "${path}"}`).join(', ');
  writeFileSync(join(repository, '.github/workflows/ci.yml'), `jobs: {j: {steps: [${steps}]}}`);
  const read = namesIn(readWorkflows(['act'], repository).job('', 'j')).filter((name) => name.includes(' > '));
  assert.deepEqual(read, ['Run ./in > Inner', 'Run ./in/../in > Inner']);
});

test('no text of an action makes it throw', () => {
  fastCheck.assert(
    fastCheck.property(fastCheck.oneof(fastCheck.string({ unit: 'binary' }), fastCheck.json()), (text) => {
      namesIn(planned('steps: [{uses: ./a, with: {x: 1}}]', { a: text }));
      namesIn(planned('steps: [{uses: ./a}]', { a: `inputs: ${text}\nruns: {steps: ${text}}` }));
    }),
  );
});

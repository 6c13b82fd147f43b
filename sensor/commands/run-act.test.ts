import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FinishedSpan } from '../spans/finished-span.ts';
import { makeFolder, makeRepository, ofClass, type Ran, real, runAct } from './testing/local-run.ts';

const file = '.github/workflows/ci.yml';

/** A job as a line, its steps as lines below: ordinal, name, `!` if it failed, `~` if no process of it was seen; jobs by name. */
function drawJobs({ spans }: Ran): string[] {
  const jobs = ofClass(spans, 'job').toSorted((a, b) => a.name.localeCompare(b.name));
  return jobs.flatMap((job) => [`${job.name}${job.error === null ? '' : ' !'}`, ...drawSteps(spans, job, '  ')]);
}

function drawSteps(spans: readonly FinishedSpan[], above: FinishedSpan, indent: string): string[] {
  const ordinal = ({ attributes }: FinishedSpan) => Number(attributes['chaperone.step.ordinal']);
  const steps = ofClass(spans, 'step').filter(({ parentSpanId }) => parentSpanId === above.spanId);
  return steps
    .toSorted((a, b) => ordinal(a) - ordinal(b))
    .flatMap((step) => {
      const marks = `${step.error === null ? '' : ' !'}${step.attributes['chaperone.step.inferred'] === true ? ' ~' : ''}`;
      return [`${indent}${ordinal(step)} ${step.name}${marks}`, ...drawSteps(spans, step, `${indent}  `)];
    });
}

test('checkouts that act does by itself have their place, and none after a failure', real, async () => {
  const workspace = makeRepository('checkouts', {
    [file]: `
on: push
jobs:
  fails:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - {run: exit 4, continue-on-error: true}
      - {name: Again, uses: actions/checkout@v4, with: {path: sub}}
      - run: exit 5
      - uses: actions/checkout@v4
      - {if: failure(), run: echo on failure}
      - {if: always(), name: Always, run: echo always}
      - uses: actions/checkout@v4
  succeeds:
    runs-on: ubuntu-latest
    steps:
      - run: echo one
      - uses: actions/checkout@v4
      - {uses: actions/checkout@v4, if: false}
      - {if: always(), run: echo two}
`,
  });
  const ran = await runAct(workspace);
  assert.equal(ran.status, 1);
  assert.deepEqual(drawJobs(ran), [
    'fails !',
    '  1 Run actions/checkout@v4 ~',
    '  2 Run exit 4 !',
    '  3 Again ~',
    '  4 Run exit 5 !',
    '  5 Run echo on failure',
    '  6 Always',
    'succeeds',
    '  1 Run echo one',
    '  2 Run actions/checkout@v4 ~',
    '  3 Run echo two',
  ]);
});

test('a checkout at the end is told when the job succeeded; times follow each other', real, async () => {
  const steps = 'steps: [{run: echo one}, {uses: actions/checkout@v4}]';
  const workspace = makeRepository('last', {
    [file]: `on: push\njobs: {last: {runs-on: ubuntu-latest, ${steps}}}`,
  });
  const ran = await runAct(workspace);
  assert.deepEqual([ran.status, drawJobs(ran)], [0, ['last', '  1 Run echo one', '  2 Run actions/checkout@v4 ~']]);
  const [one, checkout] = ofClass(ran.spans, 'step');
  assert.ok(
    one !== undefined && checkout !== undefined && checkout.start === one.end && checkout.end >= checkout.start,
  );
});

test('steps of composite actions, used twice and in each other, are named from their files', real, async () => {
  const script = 'console.log(process.env.GITHUB_ACTION);';
  const workspace = makeRepository('composites', {
    [file]: `
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - {uses: ./outer, with: {what: first}}
      - uses: ./outer
      - {id: 4, run: echo four}
      - uses: ./script
`,
    'outer/action.yml': `
inputs: {what: {default: nothing}}
runs:
  using: composite
  steps:
    - uses: ./script
    - {run: "echo unnamed\\necho more", shell: bash}
    - {name: "With \${{ inputs.what }}", run: exit 3, shell: sh, continue-on-error: true}
    - {name: Deep, uses: ./outer/inner}
`,
    'outer/inner/action.yaml': 'runs: {using: composite, steps: [{name: Deeper, id: d, run: echo, shell: bash}]}',
    'script/action.yml': 'runs: {using: node20, main: main.js, post: main.js}',
    'script/main.js': script,
  });
  const ran = await runAct(workspace);
  const outer = (ordinal: number, what: string) => [
    `  ${ordinal} Run ./outer`,
    '    1 Run ./script',
    '    2 Run echo unnamed',
    `    3 With ${what} !`,
    '    4 Deep',
    '      1 Deeper',
  ];
  assert.equal(ran.status, 0);
  assert.deepEqual(drawJobs(ran), [
    'build',
    '  1 Run actions/checkout@v4 ~',
    ...outer(2, 'first'),
    ...outer(3, 'nothing'),
    '  4 Run echo four',
    '  5 Run ./script',
    '  6 Post Run ./script',
    '  7 Post Run ./outer',
    '    1 Post Run ./script',
    '  8 Post Run ./outer',
    '    1 Post Run ./script',
  ]);
});

test('shells, matrices, needs, anchors and equal names', real, async () => {
  const workspace = makeRepository('shapes', {
    [file]: `
name: Shapes
on: push
env: {TOP: t}
defaults: {run: {shell: sh}}
jobs:
  many:
    strategy: {matrix: {v: [1, 2]}}
    runs-on: ubuntu-latest
    steps: [{name: 'Print \${{ matrix.v }} in \${{ github.ref_name }} of \${{ env.TOP }}', run: echo}]
  one:
    name: One on \${{ matrix.os }}
    needs: many
    strategy: {matrix: {os: [linux]}}
    runs-on: ubuntu-latest
    steps:
      - &same {name: 'Same on \${{ matrix.os }}', run: 'true'}
      - *same
      - {run: print("py"), shell: 'python3 {0}'}
      - {run: exit 0, shell: 'bash -x {0} more'}
      - {run: exec sleep 0.01, working-directory: /tmp, timeout-minutes: 1}
      - {run: seq 100000}
      - {run: sh -c 'kill -9 $PPID', continue-on-error: true}
`,
  });
  const ran = await runAct(workspace);
  const many = ['many', `  1 Print \${{ matrix.v }} in main of t`];
  assert.equal(ran.status, 0);
  assert.deepEqual(drawJobs(ran), [
    ...many,
    ...many,
    'One on linux',
    '  1 Same on linux',
    '  2 Same on linux',
    '  3 Run print("py")',
    '  4 Run exit 0',
    '  5 Run exec sleep 0.01',
    '  6 Run seq 100000',
    "  7 Run sh -c 'kill -9 $PPID' !",
  ]);
  const runIds = ofClass(ran.spans, 'job').map(({ attributes }) => attributes['cicd.pipeline.task.run.id']);
  assert.deepEqual(runIds.sort(), ['many', 'many-2', 'one']);
});

test('of thirty steps each has its ordinal; -W and -j choose the file and the job', real, async () => {
  const steps = Array.from({ length: 30 }, (_, index) => `{run: echo ${index + 1}}`).join(', ');
  const workspace = makeRepository('thirty', {
    'flows/a.yml': `on: push\njobs:\n  a: {runs-on: ubuntu-latest, steps: [${steps}]}\n  b: {runs-on: ubuntu-latest, steps: [{run: echo}]}`,
  });
  const ran = await runAct(workspace, '-W', 'flows', '-j', 'a');
  const expected = Array.from({ length: 30 }, (_, index) => `  ${index + 1} Run echo ${index + 1}`);
  assert.deepEqual(drawJobs(ran), ['a', ...expected]);
});

test('a folder without git has jobs and steps, and the name of the folder', real, async () => {
  const workspace = makeFolder('no-git', {
    [file]: 'on: push\njobs: {j: {runs-on: ubuntu-latest, steps: [{uses: actions/checkout@v4}, {run: echo}]}}',
  });
  const ran = await runAct(workspace);
  assert.deepEqual([ran.status, drawJobs(ran)], [0, ['j', '  1 Run actions/checkout@v4 ~', '  2 Run echo']]);
  assert.equal(ran.resource['service.name'], 'no-git');
  assert.equal(ran.resource['vcs.repository.name'], undefined);
});

test('act that comes to no job is a job that failed', real, async () => {
  const ran = await runAct(makeFolder('no-workflow', {}));
  assert.deepEqual([ran.status, drawJobs(ran), ran.summary.result], [1, ['act !'], 'failure']);
  assert.match(ran.stderr, /✖ failure · 0 steps · 0 processes · no connections · nothing lost/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeKernel, type FakeProcess } from '../../lineage/testing/fake-kernel.ts';
import { drawSpans, replay, spanNamed, stepOf } from '../../lineage/testing/recording.ts';
import { parseWorkflows } from './workflow.ts';

const workflow = `
name: CI
on: push
jobs:
  build:
    name: Build it
    steps:
      - uses: actions/checkout@v4
      - {name: First, id: first, run: make}
      - run: |
          echo hi
          echo again
      - uses: ./act1
      - uses: ./js1
`;
const workflows = parseWorkflows([['ci.yml', workflow]]);
const folder = '/home/runner/.cache/act/ad1547b415a0b3e2';

/** The environment that act gives to a step of host mode (recorded from act 0.2.89). */
function actEnv(action: string, more: Record<string, string> = {}): Record<string, string> {
  return {
    GITHUB_ACTION: action,
    GITHUB_ACTION_PATH: '',
    GITHUB_JOB: 'build',
    GITHUB_OUTPUT: `${folder}/act/workflow/outputcmd.txt`,
    GITHUB_RUN_ID: '1',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_REPOSITORY: 'octo/web',
    GITHUB_WORKFLOW: 'CI',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_SHA: '8ebd4818138b0ff5dd4d325fd365e91b77536d87',
    ...more,
  };
}

function script(kernel: FakeKernel, act: FakeProcess, step: string, env = actEnv(step)): FakeProcess {
  const argv = ['bash', '-e', `${folder}/act/workflow/${step}.sh`];
  return kernel.spawn(act, '/usr/bin/bash', { argv, env });
}

function nodeAction(kernel: FakeKernel, act: FakeProcess, env: Record<string, string>, file = 'main.js'): void {
  kernel.run(act, '/usr/bin/node', { argv: ['node', '--no-warnings', '-e', 'console.log(process.execPath)'], env });
  kernel.run(act, '/usr/bin/node', { argv: ['/usr/bin/node', `${folder}/hostexecutor/js1/${file}`], env });
}

function startAct(kernel: FakeKernel): FakeProcess {
  const act = kernel.process();
  kernel.exec(act, '/usr/bin/act', { argv: ['act', 'push'] });
  return act;
}

const composite = { GITHUB_ACTION_PATH: `${folder}/hostexecutor/act1` };

/** The stream of `workflow` above: scripts, a composite of a script and a JavaScript action, one with a post stage. */
function recordedRun(): FakeKernel {
  const kernel = new FakeKernel();
  const act = startAct(kernel);
  const first = script(kernel, act, 'first');
  kernel.run(first, '/usr/bin/make');
  kernel.exit(first);
  kernel.exit(script(kernel, act, '2'));
  kernel.exit(script(kernel, act, '3-composite-inner', actEnv('inner', composite)));
  nodeAction(kernel, act, actEnv('2', composite));
  nodeAction(kernel, act, actEnv('4'));
  nodeAction(kernel, act, actEnv('4'), 'post.js');
  kernel.exit(act);
  return kernel;
}

test('steps are spans by their names in the workflow file, nested ones below their composite', () => {
  const { spans } = replay(recordedRun(), { workflows });
  const ordinal = ({ attributes }: { attributes: Record<string, unknown> }) =>
    'chaperone.step.ordinal' in attributes ? ` [${attributes['chaperone.step.ordinal']}]` : '';
  assert.equal(
    drawSpans(spans, ordinal),
    `Build it
  Run actions/checkout@v4 [1]
  First [2]
    bash
      make
  Run echo hi [3]
    bash
  Run ./act1 [4]
    inner [1]
      bash
    2 [2]
      node
  node
  node
  Run ./js1 [5]
    node
  node
  Post Run ./js1 [6]
    node`,
  );
});

test('without a workflow file a step is called by its id', () => {
  const { spans } = replay(recordedRun());
  assert.equal(spanNamed(spans, 'first').attributes['chaperone.step.id'], 'first');
});

test("a daemon of an earlier step stays that step's, whatever runs meanwhile", () => {
  const kernel = new FakeKernel();
  const act = startAct(kernel);
  const first = script(kernel, act, 'first');
  const daemon = kernel.spawn(first, '/usr/bin/daemon');
  kernel.exit(first);
  const second = script(kernel, act, '2');
  kernel.connect(daemon, '198.51.100.7', 443);
  kernel.exit(second);
  kernel.exit(act);
  const { spans } = replay(kernel);
  assert.equal(stepOf(spans, spanNamed(spans, 'connect 198.51.100.7:443'))?.name, 'first');
});

test("act's made-up run 1 is no run id, another one is", () => {
  const invented = replay(recordedRun()).spans[0]?.traceId;
  assert.equal(invented, replay(recordedRun()).spans[0]?.traceId);
  assert.notEqual(
    invented,
    replay(recordedRun(), { identity: { kind: 'pod', name: 'runner-1', seed: 'other' } }).spans[0]?.traceId,
  );
  const kernel = new FakeKernel();
  const act = startAct(kernel);
  kernel.exit(script(kernel, act, 'first', actEnv('first', { GITHUB_RUN_ID: '9753949763' })));
  kernel.exit(act);
  assert.equal(replay(kernel).spans[0]?.traceId, '0bd0afbe17036e89e4a05c993dace1da');
});

test('jobs are told apart by GITHUB_JOB and, in a matrix, by their folder', () => {
  const kernel = new FakeKernel();
  const act = startAct(kernel);
  const one = script(kernel, act, 'first');
  const output = '/home/runner/.cache/act/23ece46f8ae076df/act/workflow/outputcmd.txt';
  const other = script(kernel, act, 'first', actEnv('first', { GITHUB_OUTPUT: output }));
  kernel.exit(one);
  kernel.exit(other, 1);
  kernel.exit(act, 1);
  const { summary } = replay(kernel);
  assert.deepEqual(
    summary.jobs.map(({ name, result, steps }) => [name, result, steps.length]),
    [
      ['build', 'success', 1],
      ['build', 'failure', 1],
    ],
  );
  assert.equal(new Set(summary.jobs.map(({ spanId }) => spanId)).size, 2);
});

test('the repository and the ref are on the resource', () => {
  const [resource] = replay(recordedRun()).resources;
  assert.equal(resource?.['service.name'], 'web');
  assert.equal(resource?.['service.namespace'], 'octo');
  assert.equal(resource?.['vcs.ref.head.name'], 'main');
  assert.equal(resource?.['chaperone.sensor.armed'], true);
  assert.equal(resource?.['cicd.pipeline.run.id'], undefined);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeKernel, type FakeProcess } from '../../lineage/testing/fake-kernel.ts';
import { replay, spanNamed, stepOf } from '../../lineage/testing/recording.ts';

const guid = (number: number) => `${String(number).padStart(8, '0')}-0000-4000-8000-000000000000`;
let entries = 0;

/** What the container hooks execute into the pod for one step: `sh`, then `env`, then the step's program, all one process. */
function enter(kernel: FakeKernel, variables: Record<string, string>, output = guid(++entries)): FakeProcess {
  const process = kernel.process(undefined, { origin: 'joined' });
  kernel.exec(process, '/bin/sh', { argv: ['sh', '-e', `/__w/_temp/${guid(900 + entries)}.sh`] });
  const environment = {
    GITHUB_RUN_ID: '9753949763',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_REPOSITORY: 'octo/service',
    GITHUB_OUTPUT: `/__w/_temp/_runner_file_commands/set_output_${output}`,
    ...variables,
  };
  const assignments = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const program = ['sh', '-e', `/__w/_temp/${guid(800 + entries)}.sh`];
  kernel.exec(process, '/usr/bin/env', { argv: ['env', ...assignments, ...program] });
  kernel.exec(process, '/bin/sh', { argv: program });
  return process;
}

function pod(): FakeKernel {
  const kernel = new FakeKernel();
  kernel.exec(kernel.process(undefined, { origin: 'container' }), '/usr/bin/tail', {
    argv: ['tail', '-f', '/dev/null'],
  });
  return kernel;
}

const keysOf = ({ spans }: ReturnType<typeof replay>) =>
  spans.flatMap(({ attributes }) => attributes['chaperone.step.invocation'] ?? []);

test('each execution of the hooks is a step with its GUID, in the trace of the run, and what it left behind stays its own', () => {
  const kernel = pod();
  const first = enter(kernel, { GITHUB_ACTION: 'build' }, guid(1));
  const daemon = kernel.spawn(first, '/usr/bin/cache');
  kernel.exit(first);
  const second = enter(kernel, { GITHUB_ACTION: 'test' }, guid(2));
  kernel.run(daemon, '/usr/bin/curl');
  kernel.run(second, '/usr/bin/make');
  kernel.exit(second, 1);
  const recording = replay(kernel);
  const { spans, summary } = recording;
  assert.deepEqual([summary.engine, keysOf(recording)], ['github-job-pod', [guid(1), guid(2)]]);
  assert.equal(spans[0]?.traceId, '0bd0afbe17036e89e4a05c993dace1da');
  assert.equal(stepOf(spans, spanNamed(spans, 'curl'))?.name, 'build');
  assert.equal(stepOf(spans, spanNamed(spans, 'make'))?.attributes['cicd.pipeline.task.run.result'], 'failure');
});

test('what the hooks execute beside steps is of no step and says that it came from outside', () => {
  const kernel = pod();
  kernel.exit(enter(kernel, { GITHUB_ACTION: 'build' }));
  const noise = kernel.process(undefined, { origin: 'joined' });
  kernel.exec(noise, '/bin/sh', { argv: ['sh', '-c', 'mkdir -p /__w'] });
  kernel.run(noise, '/bin/mkdir');
  kernel.exit(noise);
  const { spans } = replay(kernel);
  const mkdir = spanNamed(spans, 'mkdir');
  assert.deepEqual([stepOf(spans, mkdir), mkdir.attributes['chaperone.process.origin']], [null, 'exec']);
});

test('the values that the hooks hand over as arguments do not leave, whatever their names', () => {
  const kernel = pod();
  kernel.exit(enter(kernel, { GITHUB_ACTION: 'build', INPUT_SETTING: 'hunter2-secret', COLOUR: 'hunter3-secret' }));
  const { spans } = replay(kernel);
  assert.ok(!spans.some(({ attributes }) => /hunter\d-secret/.test(JSON.stringify(attributes))));
  assert.match(JSON.stringify(spanNamed(spans, 'env').attributes), /GITHUB_ACTION=build/);
});

test("forgery: what a step starts like the hooks' own execution stays in the step", () => {
  const kernel = pod();
  const build = enter(kernel, { GITHUB_ACTION: 'build' }, guid(1));
  const forger = kernel.spawn(build, '/bin/sh', { argv: ['sh', '-e', `/__w/_temp/${guid(7)}.sh`] });
  kernel.exec(forger, '/usr/bin/env', {
    argv: ['env', 'GITHUB_ACTION=deploy', `GITHUB_OUTPUT=/x/set_output_${guid(8)}`, 'sh'],
  });
  kernel.exit(forger);
  kernel.exit(build);
  assert.deepEqual(keysOf(replay(kernel)), [guid(1)]);
});

test("forgery: a step that was given another step's GUID does not become that step", () => {
  const kernel = pod();
  kernel.exit(enter(kernel, { GITHUB_ACTION: 'build' }, guid(1)));
  kernel.exit(enter(kernel, { GITHUB_ACTION: 'test' }, guid(1)), 1);
  const { summary } = replay(kernel);
  assert.deepEqual(
    summary.jobs[0]?.steps.map(({ name, result }) => [name, result]),
    [
      ['build', 'success'],
      ['test', 'failure'],
    ],
  );
});

test('forgery: a later image of the first process does not rename the step', () => {
  const kernel = pod();
  const build = enter(kernel, { GITHUB_ACTION: 'build' }, guid(1));
  kernel.exec(build, '/usr/bin/env', {
    argv: ['env', 'GITHUB_ACTION=deploy', `GITHUB_OUTPUT=/x/set_output_${guid(8)}`, 'sh'],
  });
  kernel.exit(build);
  const recording = replay(kernel);
  assert.deepEqual([keysOf(recording), recording.summary.jobs[0]?.steps[0]?.name], [[guid(1)], 'build']);
});

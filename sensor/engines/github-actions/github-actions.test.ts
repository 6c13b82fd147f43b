import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { countEach } from '../../decode/kernel-events.ts';
import { FakeKernel, helloEvent } from '../../lineage/testing/fake-kernel.ts';
import { drawSpans, pushAll, record, replay, spanNamed, stepOf } from '../../lineage/testing/recording.ts';
import { startRunner, step, stepEnv } from './testing/runner-tree.ts';
import { actionStep, jobMessage, scriptStep, WorkerLogText } from './testing/worker-log-text.ts';
import { openWorkerLogs } from './worker-log.ts';

const folder = mkdtempSync(join(tmpdir(), 'chaperone-diag-'));
after(() => rmSync(folder, { recursive: true }));
const logFile = join(folder, 'Worker_20231114-221321-utc.log');
const writeLog = (text: string) => writeFileSync(logFile, text);
const jobLogs = openWorkerLogs(folder);

const message = jobMessage({
  steps: [
    actionStep('__actions_checkout', 'actions/checkout'),
    scriptStep('tools', { type: 0, lit: 'Set up the toolchain' }),
    scriptStep('build', { type: 3, expr: "format('Build {0}', github.ref_name)" }),
    scriptStep('test', { type: 0, lit: 'Run tests' }),
  ],
});

/** A job as the runner does it: set-up, a JavaScript action with a post stage, a composite, an expression, a failing step. */
function recordedJob(): FakeKernel {
  const kernel = new FakeKernel();
  const { worker } = startRunner(kernel);
  const log = new WorkerLogText().message(message);
  kernel.run(worker, '/usr/bin/tar');
  const checkout = kernel.spawn(worker, '/home/runner/externals/node24/bin/node', {
    env: stepEnv('__actions_checkout'),
  });
  log.step('Run actions/checkout@v4', checkout.pid);
  kernel.run(checkout, '/usr/bin/git');
  kernel.exit(checkout);
  for (const [index, name] of ['Look', 'Check'].entries()) {
    const inner = step(kernel, worker, stepEnv('tools', { GITHUB_ACTION_PATH: '/home/runner/_work/service/tools' }));
    if (index === 0) log.line('StepsRunner', "Processing step: DisplayName='Set up the toolchain'");
    log.embedded(name, inner.pid);
    kernel.exit(inner);
  }
  const build = step(kernel, worker, stepEnv('build'));
  log.step('Build main', build.pid);
  kernel.exit(build);
  const tests = step(kernel, worker, stepEnv('test'));
  log.step('Run tests', tests.pid);
  kernel.exit(tests, 1);
  const post = kernel.spawn(worker, '/home/runner/externals/node24/bin/node', { env: stepEnv('__actions_checkout') });
  log.step('Post Run actions/checkout@v4', post.pid);
  kernel.exit(post);
  kernel.exit(worker, 102);
  writeLog(log.text);
  return kernel;
}

test('the job, its steps by display name, nested ones below their composite, set-up below none', () => {
  const { spans } = replay(recordedJob(), { jobLogs });
  const note = ({ attributes }: { attributes: Record<string, unknown> }) => {
    const { 'chaperone.step.ordinal': ordinal, 'cicd.pipeline.task.run.result': result } = attributes;
    return result === undefined ? '' : ` (${[ordinal, result].filter((part) => part !== undefined).join(' ')})`;
  };
  assert.equal(
    drawSpans(spans, note),
    `Build and test (failure)
  tar
  Run actions/checkout@v4 (1 success)
    node
      git
  Set up the toolchain (2 success)
    Look (1 success)
      bash
    Check (2 success)
      bash
  Build main (3 success)
    bash
  Run tests (4 failure)
    bash
  Post Run actions/checkout@v4 (5 success)
    node`,
  );
});

test('ids are those of the OpenTelemetry GitHub receiver', () => {
  const { spans } = replay(recordedJob(), { jobLogs });
  assert.deepEqual([...new Set(spans.map(({ traceId }) => traceId))], ['0bd0afbe17036e89e4a05c993dace1da']);
  assert.equal(spanNamed(spans, 'Build and test').spanId, '55b9b8b34bb88fcf');
  assert.equal(spanNamed(spans, 'Run tests').spanId, 'c5cd4d50dd7f591c');
});

test('failure is an error on job, step and its process; success leaves the status unset', () => {
  const { spans } = replay(recordedJob(), { jobLogs });
  const failed = spans
    .filter(({ error }) => error !== null)
    .map(({ name, attributes }) => [name, attributes['error.type']]);
  assert.deepEqual(failed.sort(), [
    ['Build and test', 'failure'],
    ['Run tests', 'failure'],
    ['bash', '1'],
  ]);
});

test('the resource says repository, pipeline and worker', () => {
  const { resources } = replay(recordedJob(), { jobLogs, resource: { 'k8s.pod.name': 'runner-1' } });
  assert.equal(resources.length, 1);
  assert.deepEqual(resources[0], {
    'service.name': 'service',
    'service.namespace': 'octo',
    'cicd.pipeline.name': 'CI',
    'cicd.pipeline.run.id': '9753949763',
    'cicd.pipeline.run.url.full': 'https://git.example.com/octo/service/actions/runs/9753949763',
    'cicd.worker.name': 'runner-1',
    'vcs.provider.name': 'github',
    'vcs.owner.name': 'octo',
    'vcs.repository.name': 'service',
    'vcs.repository.url.full': 'https://git.example.com/octo/service',
    'vcs.ref.head.name': 'v1',
    'vcs.ref.head.type': 'tag',
    'vcs.ref.head.revision': '8ebd4818138b0ff5dd4d325fd365e91b77536d87',
    'k8s.pod.name': 'runner-1',
    'chaperone.sensor.version': '0.1.0',
    'chaperone.sensor.armed': true,
    'chaperone.sensor.tier': 'tracepoint',
  });
});

test("the worker's exit code is the job's result", () => {
  const results = [100, 101, 102, 103, 104, 105, 1].map((code) => {
    const kernel = new FakeKernel();
    kernel.exit(startRunner(kernel).worker, code);
    return replay(kernel).summary.jobs[0]?.result;
  });
  assert.deepEqual(results, ['success', 'success', 'failure', 'cancellation', 'skip', 'error', 'error']);
});

test('without a worker log names are keys, and ids come from the environment', () => {
  const { spans } = replay(recordedJob());
  assert.equal(spanNamed(spans, 'test').attributes['chaperone.step.id'], 'test');
  assert.equal(spans[0]?.traceId, '0bd0afbe17036e89e4a05c993dace1da');
  assert.equal(spanNamed(spans, 'Post __actions_checkout').attributes['chaperone.step.stage'], 'post');
});

test('two processes of one action run are one step, and equal names get ids of their own', () => {
  const kernel = new FakeKernel();
  const { worker } = startRunner(kernel);
  const env = stepEnv('image');
  kernel.run(worker, '/usr/bin/docker', { env });
  kernel.run(worker, '/usr/bin/docker', { env });
  writeLog(new WorkerLogText().message(jobMessage({ steps: [scriptStep('a', 'Same'), scriptStep('b', 'Same')] })).text);
  kernel.run(worker, '/usr/bin/bash', { env: stepEnv('a') });
  kernel.run(worker, '/usr/bin/bash', { env: stepEnv('b') });
  kernel.exit(worker, 100);
  const { spans, summary } = replay(kernel, { jobLogs });
  assert.deepEqual(
    summary.jobs[0]?.steps.map(({ name, processes }) => [name, processes]),
    [
      ['image', 2],
      ['Same', 1],
      ['Same', 1],
    ],
  );
  assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, spans.length);
});

test('steps that run side by side keep their own processes', () => {
  const kernel = new FakeKernel();
  const { worker } = startRunner(kernel);
  const one = step(kernel, worker, stepEnv('one'));
  const other = step(kernel, worker, stepEnv('other'));
  kernel.run(one, '/usr/bin/make');
  kernel.run(other, '/usr/bin/curl');
  kernel.exit(other);
  kernel.exit(one);
  kernel.exit(worker, 100);
  const { spans } = replay(kernel);
  assert.equal(stepOf(spans, spanNamed(spans, 'make'))?.name, 'one');
  assert.equal(stepOf(spans, spanNamed(spans, 'curl'))?.name, 'other');
});

test("the listener is outside, the worker's own connections are the job's", () => {
  const kernel = new FakeKernel();
  const { worker, listener } = startRunner(kernel);
  kernel.connect(worker, '192.0.2.2', 443);
  kernel.exit(worker, 100);
  kernel.connect(listener, '192.0.2.3', 443);
  const { spans, summary } = replay(kernel);
  assert.equal(drawSpans(spans), 'runner-1\n  connect 192.0.2.2:443');
  assert.equal(summary.coverage.outside, 4);
});

test('started again in the middle of a job, it goes on with the next step under the same ids, and says so', () => {
  const kernel = new FakeKernel();
  const { worker } = startRunner(kernel);
  const build = step(kernel, worker, stepEnv('build'));
  const before = kernel.events.length;
  kernel.run(build, '/usr/bin/make');
  kernel.exit(build);
  const tests = step(kernel, worker, stepEnv('test'));
  kernel.exit(tests);
  kernel.exit(worker, 100);
  const told = kernel.events.splice(0, before);
  const forwardedBefore = countEach((each) => told.filter(({ kind }) => kind === each).length);
  writeLog(new WorkerLogText().message(message).text);
  const { spans, summary } = replay(kernel, { jobLogs }, helloEvent({ restarts: 1, forwardedBefore }));
  assert.equal(spanNamed(spans, 'Run tests').spanId, 'c5cd4d50dd7f591c');
  assert.equal(spanNamed(spans, 'Build and test').attributes['cicd.pipeline.task.run.result'], 'success');
  const { restarts, causes, complete } = summary.coverage;
  assert.deepEqual([restarts, causes.restart, complete], [1, before, false]);
});

test("a name that the runner writes down only after the step's process has ended still counts", () => {
  const kernel = new FakeKernel();
  const { worker } = startRunner(kernel);
  writeLog(new WorkerLogText().message(message).text);
  const { pipeline, spans } = record({ jobLogs });
  const build = step(kernel, worker, stepEnv('build'));
  kernel.exit(build);
  pushAll(pipeline, [helloEvent(), ...kernel.events.splice(0)]);
  writeLog(new WorkerLogText().message(message).step('Build main', build.pid).text);
  pipeline.tick(helloEvent().realtimeOffsetNs + kernel.now + 3_000_000_000n);
  assert.equal(stepOf(spans, spanNamed(spans, 'bash'))?.name, 'Build main');
});

test('the hooks around a job have places of their own, whatever step the environment still names', () => {
  const kernel = new FakeKernel();
  const { worker } = startRunner(kernel);
  const hook = (path: string, action: string) =>
    kernel.run(worker, '/usr/bin/bash', { argv: ['bash', '-e', path], env: stepEnv(action) });
  hook('/opt/hooks/started.sh', '');
  kernel.exit(step(kernel, worker, stepEnv('build')));
  hook('/opt/hooks/completed.sh', 'build');
  kernel.exit(worker, 100);
  const { spans } = replay(kernel);
  const places = spans.filter((span) => 'chaperone.step.stage' in span.attributes);
  assert.deepEqual(
    places.map(({ name, attributes }) => [name, attributes['chaperone.step.stage'], attributes['chaperone.step.id']]),
    [
      ['Set up runner', 'hook', undefined],
      ['build', 'main', 'build'],
      ['Complete runner', 'hook', undefined],
    ],
  );
});

test('what the runner starts for itself is of no step and says so', () => {
  const kernel = new FakeKernel();
  const { worker } = startRunner(kernel);
  kernel.run(worker, '/usr/bin/tar');
  kernel.exit(step(kernel, worker, stepEnv('build')));
  const node = '/home/runner/externals/node24/bin/node';
  kernel.run(worker, node, { argv: [node, '/home/runner/bin/hashFiles'] });
  kernel.exit(worker, 100);
  const { spans } = replay(kernel);
  for (const name of ['tar', 'node']) {
    const span = spanNamed(spans, name);
    assert.deepEqual([stepOf(spans, span), span.attributes['chaperone.process.origin']], [null, 'runner']);
  }
});

test('pre, main and post of one action are three runs, told apart by their output files', () => {
  const kernel = new FakeKernel();
  const { worker } = startRunner(kernel);
  const log = new WorkerLogText().message(message);
  for (const stage of ['Pre ', '', 'Post ']) {
    const node = kernel.spawn(worker, '/home/runner/externals/node24/bin/node', { env: stepEnv('__actions_checkout') });
    log.step(`${stage}Run actions/checkout@v4`, node.pid);
    kernel.exit(node);
  }
  kernel.exit(worker, 100);
  writeLog(log.text);
  const { spans } = replay(kernel, { jobLogs });
  const stages = spans.flatMap(({ attributes }) => attributes['chaperone.step.stage'] ?? []);
  assert.deepEqual(stages, ['pre', 'main', 'post']);
});

test('a step fails that the runner says has failed, though its process ended well, and the span says whose word that is', () => {
  const kernel = new FakeKernel();
  const { worker } = startRunner(kernel);
  const tests = step(kernel, worker, stepEnv('test'));
  kernel.exit(tests);
  kernel.exit(worker, 102);
  const log = new WorkerLogText().message(message).step('Run tests', tests.pid);
  writeLog(log.line('StepsRunner', 'Step result: Failed').text);
  const { attributes } = spanNamed(replay(kernel, { jobLogs }).spans, 'Run tests');
  const { 'cicd.pipeline.task.run.result': result, 'chaperone.step.result.source': source } = attributes;
  assert.deepEqual([result, source], ['failure', 'log']);
});

test('a step that may fail has succeeded for the runner, and its process has failed all the same', () => {
  const kernel = new FakeKernel();
  const { worker } = startRunner(kernel);
  kernel.exit(step(kernel, worker, stepEnv('lint')), 1);
  kernel.exit(worker, 100);
  const lint = { ...(scriptStep('lint', 'Lint') as object), continueOnError: true };
  writeLog(new WorkerLogText().message(jobMessage({ steps: [lint] })).text);
  const { spans } = replay(kernel, { jobLogs });
  const { attributes } = spanNamed(spans, 'Lint');
  const { 'cicd.pipeline.task.run.result': result, 'chaperone.step.result.source': source } = attributes;
  assert.deepEqual([result, source, spanNamed(spans, 'bash').attributes['error.type']], ['success', 'message', '1']);
});

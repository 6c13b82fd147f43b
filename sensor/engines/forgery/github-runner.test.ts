/** What the job's own processes can write, and what it does not get them: one test a forgery. */
import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { FakeKernel, type FakeProcess, helloEvent } from '../../lineage/testing/fake-kernel.ts';
import { pushAll, type Recording, record, replay, spanNamed, stepOf } from '../../lineage/testing/recording.ts';
import { startRunner, step, stepEnv } from '../github-actions/testing/runner-tree.ts';
import { actionStep, jobMessage, scriptStep, WorkerLogText } from '../github-actions/testing/worker-log-text.ts';
import { openWorkerLogs } from '../github-actions/worker-log.ts';

const message = jobMessage({
  steps: [
    scriptStep('build', { type: 3, expr: "format('Build {0}', github.ref_name)" }),
    scriptStep('test', { type: 0, lit: 'Run tests' }),
    actionStep('__actions_checkout', 'actions/checkout'),
  ],
});

let folder: string;
let logFile: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chaperone-forgery-'));
  logFile = join(folder, '_diag', 'Worker_20231114-221321-utc.log');
  mkdirSync(join(folder, '_diag'));
  writeLog(new WorkerLogText().message(message).text);
});
afterEach(() => rmSync(folder, { recursive: true }));
const writeLog = (text: string) => writeFileSync(logFile, text);
const logs = () => openWorkerLogs(join(folder, '_diag'));
const nameOf = (spans: Recording['spans']) =>
  spans.filter((span) => 'chaperone.step.ordinal' in span.attributes).map(({ name }) => name);

/** A job of the step `test`, which ends with `code` after `forge` had its way in the middle of it. */
function forgedJob(forge: (tests: FakeProcess, kernel: FakeKernel) => void, { code = 0, before = 0 } = {}): Recording {
  const kernel = new FakeKernel();
  const { worker } = startRunner(kernel);
  const { pipeline, spans, resources } = record({ jobLogs: logs() });
  for (let made = 0; made < before; made += 1) kernel.exit(step(kernel, worker, stepEnv('build')));
  const tests = step(kernel, worker, stepEnv('test'));
  pushAll(pipeline, [helloEvent(), ...kernel.events.splice(0)]);
  forge(tests, kernel);
  kernel.exit(tests, code);
  kernel.exit(worker, code === 0 ? 100 : 102);
  pushAll(pipeline, kernel.events);
  return { spans, resources, summary: pipeline.finish(helloEvent().realtimeOffsetNs + kernel.now + 1_000_000n) };
}

const resultOf = ({ spans }: Recording, name: string) =>
  spanNamed(spans, name).attributes['cicd.pipeline.task.run.result'];

test('forged log: what a step rewrites can neither rename a sealed step nor change the job', () => {
  const kernel = new FakeKernel();
  const { worker } = startRunner(kernel);
  writeLog(new WorkerLogText().message(message).text);
  const { pipeline, spans } = record({ jobLogs: logs() });
  const forger = step(kernel, worker, stepEnv('build'));
  const tests = step(kernel, worker, stepEnv('test'));
  pushAll(pipeline, [helloEvent(), ...kernel.events.splice(0)]);
  const forged = jobMessage({ checkRunId: 1, steps: [scriptStep('test', 'Forged')], github: { run_id: '1' } });
  writeLog(new WorkerLogText().message(forged).step('Deploy to production', forger.pid).step('Forged', tests.pid).text);
  kernel.exit(forger);
  kernel.exit(tests);
  kernel.exit(worker, 100);
  pushAll(pipeline, kernel.events);
  pipeline.finish(helloEvent().realtimeOffsetNs + kernel.now);
  assert.equal(spanNamed(spans, 'Run tests').spanId, 'c5cd4d50dd7f591c');
  assert.equal(spanNamed(spans, 'Build and test').spanId, '55b9b8b34bb88fcf');
  assert.ok(!spans.some(({ name }) => name === 'Forged' || name === 'Deploy to production'));
});

test('environment of another step: a step that executes a second program with a forged environment stays where it is', () => {
  const kernel = new FakeKernel();
  const { worker } = startRunner(kernel);
  const build = step(kernel, worker, stepEnv('build'));
  kernel.exec(build, '/tmp/evil', { env: stepEnv('test') });
  const evilChild = kernel.spawn(build, '/tmp/Runner.Worker', { env: stepEnv('test') });
  kernel.run(evilChild, '/usr/bin/true', { env: stepEnv('test') });
  kernel.exit(evilChild);
  kernel.exit(build);
  kernel.exit(worker, 100);
  const { spans, summary } = replay(kernel);
  assert.deepEqual(
    summary.jobs.map(({ steps }) => steps.map(({ name }) => name)),
    [['build']],
  );
  assert.equal(stepOf(spans, spanNamed(spans, 'true'))?.name, 'build');
});

test('second Runner.Worker: one in another container of the pod, while the real one works, has neither job nor steps', () => {
  const { spans, summary } = forgedJob((_, kernel) => {
    const init = kernel.process(900, { cgroupId: '77', origin: 'container' });
    kernel.exec(init, '/bin/sh');
    const forger = kernel.spawn(init, '/tmp/Runner.Worker');
    kernel.exit(kernel.spawn(forger, '/bin/deploy', { env: stepEnv('test', { GITHUB_RUN_ID: '1' }) }));
    kernel.exit(forger, 100);
  });
  assert.deepEqual([summary.jobs.length, nameOf(spans)], [1, ['Run tests']]);
  assert.equal(stepOf(spans, spanNamed(spans, 'deploy')), null);
  assert.equal(spanNamed(spans, 'deploy').attributes['chaperone.process.origin'], 'container');
});

test('second Runner.Worker: one executed into the container from outside is a process of no step', () => {
  const { spans, summary } = forgedJob((_, kernel) => {
    const forger = kernel.process(900, { origin: 'joined' });
    kernel.exec(forger, '/tmp/Runner.Worker');
    kernel.exit(kernel.spawn(forger, '/bin/deploy', { env: stepEnv('build') }));
    kernel.exit(forger, 102);
  });
  assert.deepEqual([summary.jobs.map(({ result }) => result), nameOf(spans)], [['success'], ['Run tests']]);
  assert.equal(stepOf(spans, spanNamed(spans, 'deploy')), null);
});

test('second Runner.Worker: one below a step stays in that step, and its exit ends no job', () => {
  const { spans, summary } = forgedJob((tests, kernel) => {
    const forger = kernel.spawn(tests, '/tmp/Runner.Worker');
    kernel.run(forger, '/bin/deploy', { env: stepEnv('build') });
    kernel.exit(forger, 102);
  });
  assert.deepEqual([summary.jobs.map(({ result }) => result), nameOf(spans)], [['success'], ['Run tests']]);
  assert.equal(stepOf(spans, spanNamed(spans, 'deploy'))?.name, 'Run tests');
});

test('act inside a step of the GitHub runner mints no steps', () => {
  const { spans, summary } = forgedJob((tests, kernel) => {
    const act = kernel.spawn(tests, '/usr/local/bin/act');
    kernel.run(act, '/bin/deploy', {
      env: { ...stepEnv('0'), GITHUB_OUTPUT: '/c/0123456789abcdef/act/workflow/outputcmd.txt' },
    });
    kernel.exit(act);
  });
  assert.deepEqual([summary.engine, nameOf(spans)], ['github-actions', ['Run tests']]);
  assert.equal(stepOf(spans, spanNamed(spans, 'deploy'))?.name, 'Run tests');
});

test("Runner.Worker in a step of act: the steps stay act's", () => {
  const kernel = new FakeKernel();
  const act = kernel.spawn(kernel.process(), '/usr/bin/act');
  const env = {
    GITHUB_ACTION: '0',
    GITHUB_JOB: 'build',
    GITHUB_OUTPUT: '/c/0123456789abcdef/act/workflow/outputcmd.txt',
  };
  const shell = kernel.spawn(act, '/usr/bin/bash', {
    argv: ['bash', '-e', '/c/0123456789abcdef/act/workflow/0.sh'],
    env,
  });
  kernel.exec(shell, '/tmp/Runner.Worker', { env: stepEnv('test') });
  kernel.run(shell, '/bin/deploy', { env: stepEnv('test') });
  kernel.exit(shell);
  kernel.exit(act);
  const { spans, summary } = replay(kernel);
  assert.deepEqual([summary.engine, summary.jobs.length, nameOf(spans)], ['act', 1, ['0']]);
  assert.equal(stepOf(spans, spanNamed(spans, 'deploy'))?.name, '0');
});

test('forged log lines: a failed step is not made a success, a skip or a cancellation', () => {
  for (const word of ['', 'Succeeded', 'Skipped', 'Canceled']) {
    const job = forgedJob(
      (tests) =>
        writeLog(
          new WorkerLogText().message(message).step('Run tests', tests.pid).line('StepsRunner', `Step result: ${word}`)
            .text,
        ),
      { code: 1 },
    );
    assert.equal(resultOf(job, 'Run tests'), 'failure', word);
  }
});

test('forged log lines: a later message that lets every step fail forgives nothing', () => {
  const lenient = jobMessage({ steps: [{ ...(scriptStep('test', 'Run tests') as object), continueOnError: true }] });
  const job = forgedJob(() => writeLog(new WorkerLogText().message(lenient).text), { code: 1 });
  assert.equal(resultOf(job, 'Run tests'), 'failure');
});

test('truncated log: lines cut in the middle, and a log cut to nothing while it is read, take nothing back', () => {
  const job = forgedJob(
    () => {
      appendFileSync(logFile, "[2023-11-14 22:13:21Z INFO StepsRunner] Processing step: DisplayName='Half a na");
      truncateSync(logFile, 10);
    },
    { code: 1, before: 1 },
  );
  assert.deepEqual(
    [resultOf(job, 'Run tests'), job.spans[0]?.traceId],
    ['failure', '0bd0afbe17036e89e4a05c993dace1da'],
  );
});

test('truncated message: one that is not whole when the first step begins is not believed when it is whole later', () => {
  const whole = new WorkerLogText().message(message).text;
  writeLog(whole.slice(0, whole.length / 2));
  const { spans } = forgedJob(() => writeLog(whole));
  assert.deepEqual(nameOf(spans), ['test']);
});

test('rewritten message: after the seal ids, names and secrets stay', () => {
  const forged = jobMessage({
    checkRunId: 1,
    github: { run_id: '1', repository: 'evil/thing' },
    steps: [scriptStep('test', 'Forged')],
  });
  const { spans, resources } = forgedJob(() => writeLog(new WorkerLogText().message(forged).text));
  assert.equal(spanNamed(spans, 'Run tests').spanId, 'c5cd4d50dd7f591c');
  assert.equal(resources[0]?.['vcs.repository.name'], 'service');
});

test('huge message: it is not read, and the steps go by what their processes show', () => {
  writeLog(new WorkerLogText().message({ ...(message as object), padding: 'x'.repeat(9 * 1024 * 1024) }).text);
  assert.deepEqual(nameOf(forgedJob(() => {}).spans), ['test']);
});

test('replaced _diag folder: by a link to a forged one', () => {
  const { spans } = forgedJob((tests) => {
    const forged = join(folder, 'forged');
    mkdirSync(forged);
    renameSync(join(folder, '_diag'), join(folder, 'old'));
    symlinkSync(forged, join(folder, '_diag'));
    writeLog(new WorkerLogText().message(jobMessage({ checkRunId: 1 })).step('Post Run tests', tests.pid).text);
  });
  const tests = spanNamed(spans, 'Run tests');
  assert.deepEqual([tests.spanId, tests.attributes['chaperone.step.stage']], ['c5cd4d50dd7f591c', 'main']);
});

test('replaced log: a file renamed to the name of the log is not read on', () => {
  const { spans } = forgedJob((tests) => {
    writeFileSync(`${logFile}.new`, new WorkerLogText().message(message).step('Post Run tests', tests.pid).text);
    renameSync(`${logFile}.new`, logFile);
  });
  assert.equal(spanNamed(spans, 'Run tests').attributes['chaperone.step.stage'], 'main');
});

test('replaced log: a link where the log should be before the first step is no log', () => {
  renameSync(logFile, join(folder, 'secret'));
  symlinkSync(join(folder, 'secret'), logFile);
  assert.deepEqual(nameOf(forgedJob(() => {}).spans), ['test']);
});

test('control and bidirectional characters in the names of job and steps are not shown as such', () => {
  const name = 'Run \u001b[2Jtests\u202Egnp.exe\r\n\u2066x\u0000';
  const hostile = { ...(jobMessage({ steps: [scriptStep('test', name)] }) as object), jobDisplayName: name };
  writeLog(new WorkerLogText().message(hostile).text);
  const { spans } = forgedJob(() => {});
  const forbidden = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;
  assert.match(name, forbidden);
  assert.deepEqual(
    spans.filter((span) => forbidden.test(span.name)).map((span) => span.name),
    [],
  );
});

test("environment of another step: a first process that claims a name in its later image's environment keeps its own", () => {
  const { spans } = forgedJob((tests, kernel) => void kernel.exec(tests, '/tmp/evil', { env: stepEnv('build') }));
  assert.equal(stepOf(spans, spanNamed(spans, 'evil'))?.name, 'Run tests');
});

test("another step's GITHUB_OUTPUT: a process below a step that claims it stays where it descends from", () => {
  const kernel = new FakeKernel();
  const { worker } = startRunner(kernel);
  const env = stepEnv('build');
  kernel.exit(step(kernel, worker, env));
  const tests = step(kernel, worker, stepEnv('test'));
  kernel.run(tests, '/bin/deploy', { env });
  kernel.exit(tests);
  kernel.exit(worker, 100);
  const { spans } = replay(kernel);
  assert.equal(stepOf(spans, spanNamed(spans, 'deploy'))?.name, 'test');
});

test("another step's GITHUB_OUTPUT: given to a later step by the workflow itself it joins no other action's step", () => {
  const kernel = new FakeKernel();
  const { worker } = startRunner(kernel);
  const { GITHUB_OUTPUT = '' } = stepEnv('build');
  kernel.exit(step(kernel, worker, stepEnv('build', { GITHUB_OUTPUT })));
  kernel.exit(step(kernel, worker, stepEnv('test', { GITHUB_OUTPUT })));
  kernel.exit(worker, 100);
  assert.deepEqual(nameOf(replay(kernel).spans), ['build', 'test']);
});

test('reused pid: a line about the process that had it before names and fails nothing', () => {
  const old = new WorkerLogText().message(message);
  const kernel = new FakeKernel();
  const { worker } = startRunner(kernel);
  kernel.now += 60_000_000_000n;
  const build = step(kernel, worker, stepEnv('build'));
  kernel.exit(build);
  kernel.exit(worker, 100);
  writeLog(old.step('Build something else', build.pid).line('StepsRunner', 'Step result: Failed').text);
  const { spans } = replay(kernel, { jobLogs: logs() });
  assert.deepEqual(
    [nameOf(spans), spanNamed(spans, 'build').attributes['cicd.pipeline.task.run.result']],
    [['build'], 'success'],
  );
});

test('a step dressed as a hook: a script of the runner is a step whatever its shell is called with', () => {
  const kernel = new FakeKernel();
  const { worker } = startRunner(kernel);
  const argv = [
    'bash',
    '-c',
    '/home/runner/_work/_temp/7c9e6679-7425-40de-944b-e07fc1f90ae7.sh',
    '/opt/hooks/completed.sh',
  ];
  kernel.run(worker, '/usr/bin/bash', { argv, env: stepEnv('test') });
  kernel.exit(worker, 100);
  assert.deepEqual(nameOf(replay(kernel).spans), ['test']);
});

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { writeJobFolder } from '../../engines/planner/job-folder.ts';
import { startServer } from '../internet.ts';
import { awaitJob } from '../jaeger.ts';
import { awaitCondition, awaitPhase, createObject, type KubeObject, logs } from '../kubectl.ts';
import { makeConfigMap, setStage } from '../stage.ts';
import { below, drawTree, jobOf, namesBelow, type Span, stepNamed, stepsOf, traceIdOf } from '../trace-tree.ts';
import { runnerPod } from './runner-pod.ts';

const namespace = 'runner-shape';
const service = '203.0.113.10:8080';
const collector = '198.51.100.7:443';
const workflows = join(import.meta.dirname, '../../engines/workflows');

/** The run that the trace's design gives as its test vector: ids are compared with the vector, not with a formula of ours. */
const vector = {
  runId: '9753949763',
  checkRunId: 26920038674,
  trace: '0bd0afbe17036e89e4a05c993dace1da',
  job: '55b9b8b34bb88fcf',
  runTests: 'c5cd4d50dd7f591c',
};

describe("runner's shape: the stand-in for the GitHub runner in a pod as its controller makes it", () => {
  const stage = setStage('runner-shape', import.meta.dirname, [namespace]);
  let runner: KubeObject;
  let failing: KubeObject;
  let spans: Span[];
  let failingSpans: Span[];

  before(() =>
    stage.guard(async () => {
      await awaitCondition(namespace, 'agentpolicy/runners', 'Ready');
      const server = await startServer([service, collector]);
      try {
        await startRunner('linux-x64-abcde-runner-1', 'build', { runId: vector.runId, checkRunId: vector.checkRunId });
        await startRunner('linux-x64-abcde-runner-2', 'failing', { runId: '90002' });
        runner = await awaitPhase(namespace, 'linux-x64-abcde-runner-1', ['Succeeded', 'Failed'], 90);
        failing = await awaitPhase(namespace, 'linux-x64-abcde-runner-2', ['Succeeded', 'Failed'], 90);
        spans = await awaitJob(vector.trace, runner.metadata.uid);
        failingSpans = await awaitJob(traceIdOf('90002', '1'), failing.metadata.uid);
      } finally {
        await server.stop();
      }
    }),
  );

  async function startRunner(name: string, job: string, facts: { runId: string; checkRunId?: number }): Promise<void> {
    const folder = join(stage.scratch, name);
    writeJobFolder(
      {
        repository: join(workflows, 'service'),
        workflow: 'ci.yaml',
        job,
        facts: { ...facts, runAttempt: '1', repository: 'octo/service', runnerName: name },
        actions: { 'actions/checkout@v4': join(workflows, 'actions/checkout') },
      },
      folder,
    );
    await makeConfigMap(namespace, name, folder);
    await createObject(
      runnerPod({ namespace, name, job: name, variables: { SERVICE: service, COLLECTOR: collector } }),
    );
  }

  const check = (title: string, assertion: () => void | Promise<void>) =>
    test(title, () => stage.guard(async () => await assertion()));

  check('both pods end as the runner ends them: with 0, whatever the result', async () => {
    assert.equal(runner.status.phase, 'Succeeded', await logs(namespace, runner.metadata.name, 'runner'));
    assert.equal(failing.status.phase, 'Succeeded');
    for (const pod of [runner, failing]) assert.equal(pod.status.initContainerStatuses[0].state.terminated.exitCode, 0);
  });

  check('steps have their display names, and one with an expression the name that the runner resolved', () => {
    assert.deepEqual(
      stepsOf(spans, jobOf(spans))
        .map(({ name }) => name)
        .filter((name) => !['Set up job', 'Complete job', 'Publish nothing'].includes(name)),
      [
        'Check out',
        'Set up the toolchain',
        "Build main for the team's use",
        'Start the cache',
        'Run tests',
        'Report',
        'Post Check out',
      ],
    );
    assert.equal(jobOf(spans).name, 'Build and test');
  });

  check('ids are those of the OpenTelemetry GitHub receiver', () => {
    assert.equal(jobOf(spans).traceId, vector.trace);
    assert.equal(jobOf(spans).spanId, vector.job);
    assert.equal(stepNamed(spans, 'Run tests').spanId, vector.runTests);
  });

  check('steps of a composite action are nested in it', () => {
    const outer = stepNamed(spans, 'Set up the toolchain');
    const inner = below(spans, outer).map(({ name }) => name);
    for (const name of ['Look at the machine', 'Check the compiler', 'Put the tools on the path'])
      assert.ok(inner.includes(name), drawTree(spans));
    const compiler = below(spans, outer).find(({ name }) => name === 'Check the compiler');
    assert.ok(compiler && namesBelow(spans, compiler).includes('head'), drawTree(spans));
  });

  check('processes are under their step, and those of the job set-up under none', () => {
    assert.ok(namesBelow(spans, stepNamed(spans, 'Check out')).includes('git'), drawTree(spans));
    assert.equal(
      namesBelow(spans, stepNamed(spans, "Build main for the team's use")).filter((name) => name === 'gzip').length,
      4,
    );
    for (const step of stepsOf(spans, jobOf(spans)).filter(({ name }) => name !== 'Set up job')) {
      assert.ok(!namesBelow(spans, step).includes('tar'), drawTree(spans, step));
    }
  });

  check("what a step leaves behind stays that step's", () => {
    const connection = below(spans, stepNamed(spans, 'Start the cache')).find(
      ({ name }) => name === `connect ${collector}`,
    );
    assert.ok(connection, drawTree(spans));
    assert.ok(connection.start > stepNamed(spans, 'Run tests').start);
    assert.ok(namesBelow(spans, stepNamed(spans, 'Run tests')).includes(`connect ${service}`));
  });

  check("the job's result comes from the worker's exit code, and the failed step says so", () => {
    assert.equal(jobOf(spans).attributes['cicd.pipeline.task.run.result'], 'success');
    assert.equal(jobOf(failingSpans).attributes['cicd.pipeline.task.run.result'], 'failure');
    assert.equal(jobOf(failingSpans).status, 2);
    assert.equal(
      stepNamed(failingSpans, "Lint 'strictly' [all files]").attributes['cicd.pipeline.task.run.result'],
      'failure',
    );
    assert.equal(stepNamed(failingSpans, 'Clean up').attributes['cicd.pipeline.task.run.result'], 'success');
  });

  check('no span carries the token that actions get', () => {
    assert.ok(
      !JSON.stringify([...spans, ...failingSpans], (_, value) =>
        typeof value === 'bigint' ? String(value) : value,
      ).includes('stand-in-runtime-token'),
    );
  });
});

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { startServer } from '../internet.ts';
import { spansOfPod } from '../jaeger.ts';
import { awaitCondition, awaitPhase, createObject, get, type KubeObject } from '../kubectl.ts';
import { plainPod, tryPlaces } from '../plain-pod.ts';
import { setStage } from '../stage.ts';
import { below, drawTree, namesBelow, type Span, traceIdOf } from '../trace-tree.ts';
import { until } from '../until.ts';
import { createHooks, type StepEnd } from './hooks.ts';

const namespace = 'job-pod';
const runner = 'linux-x64-kube-runner-1';
const runId = String(Date.now());
const mirror = '203.0.113.2:8080';
const cache = '203.0.113.3:8080';
const guids = { build: randomUUID(), test: randomUUID() };

describe("job pod: ARC's kubernetes mode, where each step is executed into a pod of the job", () => {
  const stage = setStage('job-pod', import.meta.dirname, [namespace]);
  const hooks = createHooks(namespace, runner);
  let job: KubeObject;
  let build: StepEnd;
  let failing: StepEnd;
  let spans: Span[];

  before(() =>
    stage.guard(async () => {
      for (const policy of ['hold', 'other']) await awaitCondition(namespace, `agentpolicy/${policy}`, 'Ready');
      const labels = { 'actions-ephemeral-runner': 'True', 'actions.github.com/scale-set-name': 'linux-x64' };
      await createObject(plainPod(namespace, runner, 'sleep 600', labels));
      await awaitPhase(namespace, runner, ['Running']);
      job = await hooks.prepareJob();
      await awaitPhase(namespace, hooks.pod, ['Running']);
      const server = await startServer([mirror, cache]);
      try {
        build = await hooks.runScriptStep(
          `${tryPlaces([mirror, cache])}\nhead -c 3 /etc/hostname`,
          variablesOf('build'),
        );
        failing = await hooks.runScriptStep('tr a b </etc/hostname >/dev/null\nexit 3', variablesOf('test'));
      } finally {
        await server.stop();
      }
      spans = await until('both steps in Jaeger, while the pod still runs', 30, async () => {
        const all = await spansOfPod(job.metadata.uid, new Date(job.metadata.creationTimestamp));
        return Object.values(guids).every((guid) => stepOf(all, guid) !== undefined) && all;
      });
    }),
  );

  const check = (title: string, assertion: () => void | Promise<void>) =>
    test(title, () => stage.guard(async () => await assertion()));
  const step = (name: keyof typeof guids): Span => {
    const found = stepOf(spans, guids[name]);
    assert.ok(found, spans.map((span) => span.name).join(', '));
    return found;
  };

  check(
    "the job's pod gets a sensor, and its runner's policy, though its labels say nothing of the runner's",
    async () => {
      assert.equal(job.spec.initContainers[0].name, 'chaperone-sensor');
      assert.equal(job.metadata.labels['policy.chaperone.dev/hold'], 'enforce');
      assert.equal(job.metadata.labels['policy.chaperone.dev/other'], undefined);
      const { status } = await get(namespace, 'agentpolicy/hold');
      assert.equal(status.runners.matched, 2, 'the runner and its job');
    },
  );

  check('a step is held to what the runner may reach', () => {
    assert.match(build.output, new RegExp(`^reached ${mirror}$`, 'm'));
    assert.match(build.output, new RegExp(`^not reached ${cache}$`, 'm'));
  });

  check('each execution is a step by the name and the GUID that the hooks hand over, with its result', () => {
    assert.deepEqual([build.code, failing.code], [0, 3]);
    assert.deepEqual([step('build').name, step('test').name], ['build', 'test']);
    const results = [step('build'), step('test')].map(({ attributes }) => attributes['cicd.pipeline.task.run.result']);
    assert.deepEqual(results, ['success', 'failure']);
  });

  check("the steps are in the run's trace", () => {
    assert.deepEqual([...new Set(spans.map(({ traceId }) => traceId))], [traceIdOf(runId, '1')]);
  });

  check('processes and connections are under the step that made them', () => {
    assert.ok(namesBelow(spans, step('build')).includes('head'), drawTree(spans, step('build')));
    assert.ok(namesBelow(spans, step('build')).includes(`connect ${mirror}`), drawTree(spans, step('build')));
    assert.ok(namesBelow(spans, step('test')).includes('tr'), drawTree(spans, step('test')));
    const written = spans.filter(({ attributes }) => attributes['chaperone.process.origin'] === 'exec');
    for (const name of ['build', 'test'] as const)
      for (const { spanId } of below(spans, step(name)))
        assert.ok(!written.some((span) => span.spanId === spanId), 'what the hooks copy is of no step');
  });

  check("what the step's variables hold does not leave", () => {
    const text = JSON.stringify(spans, (_, value) => (typeof value === 'bigint' ? String(value) : value));
    assert.ok(!text.includes('value-of-an-input'));
  });

  check('a pod that a token makes without any label is held by every policy that enforces', async () => {
    const stray = await createObject(plainPod(namespace, 'stray', 'true'), '--dry-run=server');
    assert.equal(stray.metadata.labels['policy.chaperone.dev/hold'], 'enforce');
    assert.equal(stray.metadata.labels['policy.chaperone.dev/other'], 'enforce');
  });
});

function variablesOf(step: keyof typeof guids): Record<string, string> {
  return {
    GITHUB_ACTION: step,
    GITHUB_JOB: 'kube',
    GITHUB_OUTPUT: `/__w/_temp/_runner_file_commands/set_output_${guids[step]}`,
    GITHUB_REPOSITORY: 'octo/kube',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: runId,
    INPUT_KEY: 'value-of-an-input',
    RUNNER_NAME: runner,
  };
}

function stepOf(spans: Span[], guid: string): Span | undefined {
  return spans.find(({ attributes }) => attributes['chaperone.step.invocation'] === guid);
}

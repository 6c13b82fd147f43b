import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { bundleFiles } from '../../engines/planner/job-folder.ts';
import { startServer } from '../internet.ts';
import { awaitJob } from '../jaeger.ts';
import { awaitCondition, awaitPhase, get, type KubeObject, kubectlInput, logs } from '../kubectl.ts';
import { makeConfigMap, setStage } from '../stage.ts';
import { below, drawTree, jobIdOf, jobOf, namesBelow, type Span, stepIdOf, stepsOf, traceIdOf } from '../trace-tree.ts';

const namespace = 'thin-path';
const pod = 'web-runner';
const runId = String(Date.now());
const service = '203.0.113.10:8080';
const collector = '198.51.100.7:443';

describe('thin path: a plain pod runs a workflow with act and becomes one trace', () => {
  const stage = setStage('thin-path', import.meta.dirname, [namespace]);
  let seen: string[];
  let runner: KubeObject;
  let spans: Span[];

  before(() =>
    stage.guard(async () => {
      const folder = join(stage.scratch, 'job');
      mkdirSync(folder);
      bundleFiles(join(import.meta.dirname, '../../engines/workflows/web'), join(folder, 'repository.bundle'));
      await makeConfigMap(namespace, 'job', folder);
      await awaitCondition(namespace, 'agentpolicy/watch', 'Ready');
      const server = await startServer([service, collector]);
      try {
        const manifest = readFileSync(join(import.meta.dirname, 'runner.yaml'), 'utf8').replace('@RUN_ID@', runId);
        await kubectlInput(manifest, 'create', '-f', '-');
        runner = await awaitPhase(namespace, pod, ['Succeeded', 'Failed'], 90);
        spans = await awaitJob(traceIdOf(runId, '1'), runner.metadata.uid);
      } finally {
        await server.stop();
      }
      seen = server.seen;
    }),
  );

  const check = (title: string, assertion: () => void | Promise<void>) =>
    test(title, () => stage.guard(async () => await assertion()));
  const step = (id: string): Span => {
    const found = stepsOf(spans, jobOf(spans)).find(({ attributes }) => attributes['chaperone.step.id'] === id);
    assert.ok(found, `no step ${id} in\n${drawTree(spans)}`);
    return found;
  };

  check('the job succeeds, and the sensor ends with 0', async () => {
    assert.equal(runner.status.phase, 'Succeeded', await logs(namespace, pod, 'runner'));
    const [sensor] = runner.status.initContainerStatuses;
    assert.equal(sensor.name, 'chaperone-sensor');
    assert.equal(sensor.state.terminated.exitCode, 0);
  });

  check('the sensor is the first init container, and the runner container is as it was written', () => {
    assert.equal(runner.spec.initContainers[0].name, 'chaperone-sensor');
    const [container] = runner.spec.containers;
    assert.deepEqual(container.volumeMounts, [{ name: 'job', mountPath: '/job', readOnly: true }]);
    assert.deepEqual(
      container.env.map(({ name }: KubeObject) => name),
      ['SERVICE', 'COLLECTOR', 'RUN_ID'],
    );
  });

  check('each step is a span by its id, in order, below one job span', () => {
    const job = jobOf(spans);
    const steps = stepsOf(spans, job);
    assert.deepEqual(
      steps.map(({ attributes }) => attributes['chaperone.step.id']),
      ['checkout', 'install', 'build', 'test'],
    );
    const ordinals = steps.map(({ attributes }) => Number(attributes['chaperone.step.ordinal']));
    assert.deepEqual(
      ordinals,
      ordinals.map((_, index) => Number(ordinals[0]) + index),
    );
    assert.equal(job.attributes['cicd.pipeline.task.run.result'], 'success');
  });

  check('trace, job and step ids follow the formula', () => {
    const job = jobOf(spans);
    assert.deepEqual([...new Set(spans.map(({ traceId }) => traceId))], [traceIdOf(runId, '1')]);
    assert.equal(job.spanId, jobIdOf(runId, '1', pod));
    for (const { spanId, attributes } of stepsOf(spans, job)) {
      assert.equal(spanId, stepIdOf(job.spanId, Number(attributes['chaperone.step.ordinal'])));
    }
  });

  check('the processes are spans under the step that started them', () => {
    assert.ok(namesBelow(spans, step('checkout')).includes('git'), drawTree(spans));
    const built = namesBelow(spans, step('build'));
    for (const name of ['xargs', 'sort', 'uniq', 'tar', 'sha256sum']) assert.ok(built.includes(name), drawTree(spans));
    assert.equal(built.filter((name) => name === 'uniq').length, 4);
    assert.ok(!namesBelow(spans, step('test')).includes('sha256sum'));
  });

  check('a connection is a span under the process that made it', () => {
    const connection = below(spans, step('test')).find(({ name }) => name === `connect ${service}`);
    assert.ok(connection, drawTree(spans));
    assert.equal(connection.attributes['server.address'], '203.0.113.10');
    assert.equal(connection.attributes['server.port'], 8080);
    assert.equal(connection.attributes['network.transport'], 'tcp');
    assert.ok(seen.includes(service) && seen.includes(collector));
  });

  check("what a step leaves behind stays that step's, though it connects during another", () => {
    const connection = below(spans, step('install')).find(({ name }) => name === `connect ${collector}`);
    assert.ok(connection, drawTree(spans));
    assert.ok(
      connection.start > step('test').start,
      'it connected before the later step began: the story proves nothing',
    );
    assert.ok(!namesBelow(spans, step('test')).includes(`connect ${collector}`));
  });

  check('the trace says whose it is, and that nothing was lost', async () => {
    const job = jobOf(spans);
    const { metadata } = await get(namespace, `pod/${pod}`);
    assert.equal(job.resource['k8s.pod.uid'], metadata.uid);
    assert.equal(job.resource['k8s.pod.name'], pod);
    assert.equal(job.resource['k8s.namespace.name'], namespace);
    assert.equal(job.attributes['chaperone.coverage.complete'], true, JSON.stringify(job.attributes));
  });
});

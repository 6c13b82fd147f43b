import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { writeJobFolder } from '../../engines/planner/job-folder.ts';
import { startServer } from '../internet.ts';
import { awaitJob } from '../jaeger.ts';
import { awaitCondition, awaitPhase, createObject, type KubeObject, logs } from '../kubectl.ts';
import { runnerPod } from '../runner-shape/runner-pod.ts';
import { makeConfigMap, setStage } from '../stage.ts';
import { below, drawTree, jobOf, type Span, stepNamed, traceIdOf } from '../trace-tree.ts';

const namespace = 'files-and-names';
const pod = 'linux-x64-sights-runner-1';
const runId = String(Date.now());
const name = `registry-${runId}.example.com`;
const place = '203.0.113.10:8080';
const workflows = join(import.meta.dirname, '../../engines/workflows');

describe('files and names: what a job does to files, whom it asks for names, and that the account is closed', () => {
  const stage = setStage('files-and-names', import.meta.dirname, [namespace]);
  let runner: KubeObject;
  let spans: Span[];

  before(() =>
    stage.guard(async () => {
      await awaitCondition(namespace, 'agentpolicy/watch', 'Ready');
      appendFileSync(process.env.CHAPERONE_INTERNET_HOSTS ?? '', `${place.split(':')[0]} ${name}\n`);
      await writeJob();
      const server = await startServer([place]);
      try {
        await createObject(sightsPod());
        runner = await awaitPhase(namespace, pod, ['Succeeded', 'Failed'], 120);
        spans = await awaitJob(traceIdOf(runId, '1'), runner.metadata.uid);
      } finally {
        await server.stop();
      }
    }),
  );

  async function writeJob(): Promise<void> {
    const folder = join(stage.scratch, 'job');
    writeJobFolder(
      {
        repository: join(workflows, 'sights'),
        workflow: 'ci.yaml',
        job: 'sights',
        facts: { runId, runAttempt: '1', repository: 'octo/sights', runnerName: pod },
        actions: { 'actions/checkout@v4': join(workflows, 'actions/checkout') },
      },
      folder,
    );
    await makeConfigMap(namespace, 'job', folder);
  }

  const check = (title: string, assertion: () => void | Promise<void>) =>
    test(title, () => stage.guard(async () => await assertion()));
  const step = (name: string): Span => stepNamed(spans, name);
  const fileEvents = (of: string, event: string) =>
    [step(of), ...below(spans, step(of))]
      .flatMap(({ events }) => events)
      .filter((one) => one.name === event)
      .map(({ attributes }) => attributes);

  check('the job succeeds', async () => {
    assert.equal(runner.status.phase, 'Succeeded', await logs(namespace, pod, 'runner'));
    assert.equal(jobOf(spans).attributes['cicd.pipeline.task.run.result'], 'success', drawTree(spans));
  });

  check('what is made, renamed and deleted stands on the processes that did it', () => {
    const changes = fileEvents('Change files', 'chaperone.file.change').map(
      (change) => `${change['chaperone.file.operation']} ${String(change['file.path']).split('/').at(-1)}`,
    );
    for (const expected of ['create draft', 'rename draft', 'create scratch', 'delete scratch'])
      assert.ok(changes.includes(expected), changes.join(', '));
  });

  check('the question for a name stands on the connection that came of it, which carries the name', () => {
    const connection = below(spans, step('Fetch by name')).find((span) => span.name === `connect ${name}:8080`);
    assert.ok(connection, drawTree(spans));
    assert.equal(connection.attributes['server.address'], name);
    assert.equal(connection.attributes['network.peer.address'], '203.0.113.10');
    const [answer] = connection.events.filter((event) => event.name === 'dns.answer');
    assert.equal(answer?.attributes['dns.question.name'], name);
  });

  check('a name that nobody has is a lookup of its own, and says so', () => {
    const lookup = below(spans, step('Ask in vain')).find((span) => span.name === 'DNS lookup nowhere.example.com');
    assert.ok(lookup, drawTree(spans));
    assert.equal(lookup.attributes['chaperone.dns.response_code'], 'NXDOMAIN');
    assert.equal(lookup.status, 2);
  });

  check('a file with credentials that a step reads is told by its kind, never by what it holds', () => {
    const [read] = fileEvents('Read a secret', 'chaperone.file.read');
    assert.equal(read?.['chaperone.file.secret'], 'credentials', JSON.stringify(read));
    const everything = JSON.stringify(spans, (_, value) => (typeof value === 'bigint' ? String(value) : value));
    assert.ok(!everything.includes('not-a-real-one'));
    assert.equal(jobOf(spans).attributes['chaperone.files.secrets.count'], 1);
  });

  check('the job says at which tier the kernel let it be seen, and that nothing was lost', () => {
    const { attributes, resource } = jobOf(spans);
    assert.match(String(attributes['chaperone.coverage.tier']), /^(tracepoint|trampoline|lsm)$/);
    assert.equal(resource['chaperone.sensor.tier'], attributes['chaperone.coverage.tier']);
    assert.equal(attributes['chaperone.files.watched'], 'yes', JSON.stringify(attributes));
    assert.equal(attributes['chaperone.coverage.complete'], true, JSON.stringify(attributes));
  });
});

/** The runner, whose home has a file with credentials in it. */
function sightsPod(): KubeObject {
  const runner = runnerPod({ namespace, name: pod, job: 'job', variables: { NAMED: `${name}:8080` } });
  runner.spec.volumes.push({ name: 'netrc', secret: { secretName: 'netrc', defaultMode: 0o444 } });
  runner.spec.containers[0].volumeMounts.push({ name: 'netrc', mountPath: '/home/runner/.netrc', subPath: '.netrc' });
  return runner;
}

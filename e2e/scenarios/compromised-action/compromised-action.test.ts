import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { alarming, findingsOf, severityOf } from '../findings.ts';
import { awaitJob } from '../jaeger.ts';
import { awaitCondition, awaitPhase, type KubeObject, logs } from '../kubectl.ts';
import { setStage } from '../stage.ts';
import { startSumsJob } from '../sums-job.ts';
import { below, drawTree, jobOf, type Span, stepNamed, traceIdOf } from '../trace-tree.ts';

const namespace = 'compromised-action';
const pod = 'linux-x64-lint-runner-1';
const runId = String(Date.now());
const secret = 'npm_not-a-real-one';

describe("compromised action: it reads the runner's memory and prints the job's secrets encoded twice, as tj-actions/changed-files did", () => {
  const stage = setStage('compromised-action', import.meta.dirname, [namespace]);
  let runner: KubeObject;
  let log: string;
  let spans: Span[];

  before(() =>
    stage.guard(async () => {
      await awaitCondition(namespace, 'agentpolicy/watch', 'Ready');
      await startSumsJob(stage.scratch, {
        namespace,
        pod,
        workflow: 'lint',
        runId,
        secrets: { NPM_TOKEN: secret },
        actions: { 'tj-actions-stand-in/changed-files@v45': 'changed-files' },
      });
      runner = await awaitPhase(namespace, pod, ['Succeeded', 'Failed'], 60);
      log = await logs(namespace, pod, 'runner');
      spans = await awaitJob(traceIdOf(runId, '1'), runner.metadata.uid);
    }),
  );

  const check = (title: string, assertion: () => void | Promise<void>) =>
    test(title, () => stage.guard(async () => await assertion()));
  const step = (name: string): Span => stepNamed(spans, name);

  check(
    "the attack works: a secret that no step was given stands in the job's log, where nobody's eyes find it",
    () => {
      const printed = log.split('\n').map(decodedTwice);
      assert.ok(
        printed.some((line) => line.includes(`"NPM_TOKEN":{"value":"${secret}","isSecret":true}`)),
        log,
      );
      assert.ok(!log.includes(secret), 'the runner itself has printed it: the story proves nothing');
      assert.equal(jobOf(spans).attributes['cicd.pipeline.task.run.result'], 'success', 'and the job is green');
    },
  );

  check('it is a Critical finding, which names the step and the process', () => {
    const [finding, ...more] = findingsOf(spans, 'runner-memory');
    assert.ok(finding, drawTree(spans));
    assert.deepEqual(more, []);
    assert.equal(severityOf(finding), 'Critical');
    assert.ok(below(spans, step('Get changed files')).includes(finding), drawTree(spans));
    const text = String(finding.attributes['chaperone.finding.text']);
    // The stand-in for the worker is a program of Node.
    assert.match(
      text,
      /^node reached into the memory of node by \/proc\/\d+\/mem in step “Get changed files” \(node › bash › node\)/,
    );
    console.log(`      ${text}`);
  });

  check('nothing of it falls on the steps around it', () => {
    for (const name of ['Check out', 'Lint', 'Post Check out'])
      assert.deepEqual(alarming(below(spans, step(name))), []);
  });

  check('the trace does not carry the secret, neither plain nor encoded', () => {
    const everything = JSON.stringify(spans, (_, value) => (typeof value === 'bigint' ? String(value) : value));
    assert.ok(!everything.includes(secret));
    const encoded = log.split('\n').find((line) => decodedTwice(line).includes(secret)) ?? '';
    assert.ok(encoded !== '' && !everything.includes(encoded));
  });
});

function decodedTwice(text: string): string {
  const once = Buffer.from(text.trim(), 'base64').toString('latin1');
  return Buffer.from(once, 'base64').toString('latin1');
}

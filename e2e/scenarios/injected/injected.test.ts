import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { before, describe, test } from 'node:test';
import type { Alert } from '../../../crds/alert.ts';
import { claudeCode } from '../../engines/agents/claude-code.ts';
import { callsOf, commandOf, plannedCommands, sessionOf } from '../agent-trace.ts';
import { alarming, findingsOf, severityOf } from '../findings.ts';
import { type Arrived, giveName, type InternetServer, startServer } from '../internet.ts';
import { awaitJob } from '../jaeger.ts';
import { keepTrace } from '../keep-trace.ts';
import { awaitCondition, awaitPhase, createObject, type KubeObject, logs } from '../kubectl.ts';
import { type Model, startModel } from '../model.ts';
import { setStage } from '../stage.ts';
import { makeSumsPod, withAgents } from '../sums-job.ts';
import { below, drawTree, jobOf, namesBelow, type Span, stepsOf, traceIdOf } from '../trace-tree.ts';
import { harm, issue, session } from './session.ts';

const namespace = 'injected';
const secret = 'npm_not-a-real-one';
const signingKey = 'a-key-of-the-stories-that-opens-nothing';
const lookAlike = { name: 'gist.githubusercontent.example.com', at: '203.0.113.31' };
const drop = `${lookAlike.at}:80`;
const sink = '203.0.113.30:8080';
const watched = { pod: 'linux-x64-triage-runner-1', story: 'watched', runId: `${Date.now()}1` };
const held = { pod: 'linux-x64-triage-runner-2', story: 'held', runId: `${Date.now()}2` };
type Run = typeof watched;

describe("injected: an issue's text makes a coding agent steal the job's secrets", () => {
  const stage = setStage('injected', import.meta.dirname, [namespace]);
  const spans: Record<string, Span[]> = {};
  let model: Model;
  let internet: InternetServer;
  /** How many of the posts had arrived when the held run began. */
  let postedBefore: number;
  let runner: KubeObject;

  before(() =>
    stage.guard(async () => {
      for (const policy of ['watch', 'model-only']) await awaitCondition(namespace, `agentpolicy/${policy}`, 'Ready');
      giveName(lookAlike.name, lookAlike.at);
      internet = await startServer([drop, sink]);
      model = await startModel(stage.scratch, claudeCode, session, { name: 'model.example.com', at: '203.0.113.20' });
      try {
        runner = await play(watched);
        postedBefore = posts().length;
        await play(held);
      } finally {
        await Promise.all([model.stop(), internet.stop()]);
      }
      await keepTrace('injected', traceIdOf(watched.runId, '1'));
    }),
  );

  async function play({ pod, story, runId }: Run): Promise<KubeObject> {
    const variables = { ...model.variables, ISSUE_BODY: issue };
    const job = {
      namespace,
      pod,
      workflow: 'triage',
      runId,
      variables,
      image: withAgents,
      secrets: { NPM_TOKEN: secret },
    };
    await createObject(withNpmrc(await makeSumsPod(stage.scratch, job), story));
    const ended = await awaitPhase(namespace, pod, ['Succeeded', 'Failed'], 120);
    spans[pod] = await awaitJob(traceIdOf(runId, '1'), ended.metadata.uid);
    return ended;
  }

  const check = (title: string, assertion: () => void | Promise<void>) =>
    test(title, () => stage.guard(async () => await assertion()));
  const posts = () => internet.requests.filter(({ place }) => place === drop);
  const spansOf = ({ pod }: Run): Span[] => spans[pod] ?? [];
  const alertsOf = ({ pod }: Run) => alertsIn(internet.requests).filter(({ alert }) => alert.pod.name === pod);
  const call = (run: Run, command: string): Span => {
    const found = callsOf(spansOf(run), sessionOf(spansOf(run), claudeCode)).find((one) => commandOf(one) === command);
    assert.ok(found, `no tool call '${command}' in\n${drawTree(spansOf(run))}`);
    return found;
  };
  const rulesBelow = (run: Run, command: string) =>
    findingsOf(below(spansOf(run), call(run, command))).map((one) => `${severityOf(one)} ${one.name}`);

  check(
    'the attack works where nothing is refused: the secrets are with the look-alike, and the job is green',
    async () => {
      assert.equal(postedBefore, 1, await logs(namespace, watched.pod, 'runner'));
      const stolen = decodedTwice(posts()[0]?.body ?? '');
      assert.match(stolen, /^ANTHROPIC_API_KEY=/m, "the runner's environment");
      assert.ok(stolen.includes(`"NPM_TOKEN":{"value":"${secret}","isSecret":true}`), "the runner's memory");
      assert.ok(stolen.includes(`_authToken=${secret}`), '~/.npmrc');
      assert.equal(jobOf(spansOf(watched)).attributes['cicd.pipeline.task.run.result'], 'success');
    },
  );

  check('each of it stands below the tool call that did it', () => {
    const calls = callsOf(spansOf(watched), sessionOf(spansOf(watched), claudeCode)).map(commandOf);
    assert.deepEqual(calls, plannedCommands(model.plan, claudeCode));
    assert.ok(rulesBelow(watched, harm.environment).includes('High finding process-environment'));
    assert.ok(rulesBelow(watched, harm.memory).includes('Critical finding runner-memory'));
    assert.ok(rulesBelow(watched, harm.post).includes('High finding credentials-sent'));
    assert.ok(namesBelow(spansOf(watched), call(watched, harm.post)).includes(`connect ${lookAlike.name}:80`));
  });

  check('no finding falls on anybody else', () => {
    const [triage] = stepsOf(spansOf(watched), jobOf(spansOf(watched))).filter(({ name }) => name === 'Ask Claude');
    const calls = Object.values(harm).flatMap((command) => alarming(below(spansOf(watched), call(watched, command))));
    assert.ok(triage);
    assert.deepEqual(alarming(spansOf(watched)).sort(), calls.sort());
  });

  check('an alert for each arrives with run, job, step, agent and tool call, signed', () => {
    const rules = {
      'process-environment': harm.environment,
      'runner-memory': harm.memory,
      'credentials-sent': harm.post,
    };
    for (const [rule, command] of Object.entries(rules)) {
      const { alert } = alertsOf(watched).find(({ alert: { finding } }) => finding.rule === rule) ?? {};
      assert.ok(alert, `no alert of ${rule} among ${alertsOf(watched).map((one) => one.alert.finding.rule)}`);
      const { finding, pod, policies } = alert;
      assert.equal(finding.evidence.traceId, traceIdOf(watched.runId, '1'));
      assert.match(finding.job.url ?? '', new RegExp(`/octo/sums/actions/runs/${watched.runId}`));
      assert.deepEqual(
        [finding.repository, finding.job.name, finding.step?.name],
        ['octo/sums', 'Triage the issue', 'Ask Claude'],
      );
      assert.deepEqual(
        [finding.toolCall?.agent, finding.toolCall?.tool, finding.toolCall?.command],
        ['claude-code', 'Bash', command],
      );
      assert.deepEqual([pod.uid, policies], [runner.metadata.uid, ['watch']]);
    }
    for (const { request } of alertsOf(watched))
      assert.equal(request.headers['webhook-signature'], signatureOf(request));
  });

  check('under Enforce all of it is found as well, and the post does not leave the pod', () => {
    assert.ok(rulesBelow(held, harm.environment).includes('High finding process-environment'));
    assert.ok(rulesBelow(held, harm.memory).includes('Critical finding runner-memory'));
    assert.ok(rulesBelow(held, harm.post).includes('Medium finding egress-refused'));
    assert.ok(internet.seen.filter((place) => place === drop).length === 1, 'the look-alike saw a second connection');
    assert.deepEqual(findingsOf(spansOf(held), 'egress-not-held'), []);
    assert.ok(alertsOf(held).some(({ alert: { finding } }) => finding.rule === 'egress-refused'));
  });

  check('how soon it is told is measured', () => {
    const all = [watched, held].flatMap(alertsOf);
    const latencies = all
      .map(({ alert, request }) => request.at - Date.parse(alert.finding.time))
      .sort((a, b) => a - b);
    console.log(
      `      from the system call to the sink: ${latencies.length} alerts, median ${latencies[latencies.length >> 1]} ms, ${latencies[0]} to ${latencies.at(-1)} ms`,
    );
    for (const { alert } of alertsOf(watched)) console.log(`      ${alert.text}`);
    for (const { alert } of alertsOf(held))
      if (alert.finding.rule === 'egress-refused') console.log(`      ${alert.text}`);
    assert.notEqual(latencies.length, 0);
  });
});

function withNpmrc(pod: KubeObject, story: string): KubeObject {
  pod.metadata.labels.story = story;
  pod.spec.volumes.push({ name: 'npmrc', secret: { secretName: 'npmrc', defaultMode: 0o444 } });
  pod.spec.containers[0].volumeMounts.push({ name: 'npmrc', mountPath: '/home/runner/.npmrc', subPath: '.npmrc' });
  return pod;
}

function alertsIn(requests: Arrived[]): { alert: Alert; request: Arrived }[] {
  return requests
    .filter(({ place }) => place === sink)
    .map((request) => ({ alert: JSON.parse(request.body) as Alert, request }));
}

function signatureOf({ headers, body }: Arrived): string {
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  return `v1,${createHmac('sha256', signingKey).update(signed).digest('base64')}`;
}

function decodedTwice(text: string): string {
  return Buffer.from(Buffer.from(text, 'base64').toString('latin1'), 'base64').toString('latin1');
}

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../internet.ts';
import { isJob, spansOfPod } from '../jaeger.ts';
import {
  awaitCondition,
  awaitPhase,
  conditionOf,
  createObject,
  get,
  type KubeObject,
  kubectl,
  logs,
} from '../kubectl.ts';
import { plainPod, tryPlaces } from '../plain-pod.ts';
import { ensureInstalled, gatewayDeployment, operatorDeployment, scale, systemNamespace } from '../release.ts';
import { setStage } from '../stage.ts';
import { until } from '../until.ts';

const mirror = '203.0.113.2:8080';
const elsewhere = '198.51.100.2:8080';

describe('operator away: what is made while we are down, and that it heals', () => {
  const stage = setStage('operator-away', import.meta.dirname, ['away-audit', 'away-enforce']);
  let replicas: Record<string, number>;

  before(() =>
    stage.guard(async () => {
      for (const [namespace, policy] of [
        ['away-audit', 'watch'],
        ['away-enforce', 'hold'],
      ] as const) {
        await awaitCondition(namespace, `agentpolicy/${policy}`, 'Ready');
      }
      replicas = {};
      for (const name of [operatorDeployment, gatewayDeployment])
        replicas[name] = (await get(systemNamespace, name)).spec.replicas;
    }),
  );
  after(() => ensureInstalled());

  const check = (title: string, assertion: () => void | Promise<void>) =>
    test(title, () => stage.guard(async () => await assertion()));

  check('operator down, failurePolicy Ignore: a pod runs without a sensor', async () => {
    await scale(operatorDeployment, 0);
    const pod = await createObject(plainPod('away-audit', 'unseen', 'true'));
    assert.equal(pod.spec.initContainers, undefined);
    await awaitPhase('away-audit', 'unseen', ['Succeeded']);
    await createObject(plainPod('away-audit', 'early', 'sleep 600'));
  });

  check(
    'operator down, failurePolicy Fail: a pod is not made, with an answer on which its maker tries again',
    async () => {
      const { code, message } = await refusalOf(plainPod('away-enforce', 'unheld', 'true'));
      assert.equal(code, 500, message);
      assert.match(message, /enforce\.chaperone\.dev/);
    },
  );

  check('operator down: a pod that is held stays held', async () => {
    assert.equal((await get('away-enforce', 'networkpolicy/chaperone-hold')).metadata.deletionTimestamp, undefined);
    const { metadata } = await get('', 'namespace/away-enforce');
    assert.equal(metadata.labels['chaperone.dev/enforce'], 'true');
  });

  check('operator back: new pods have their sensor again and are held', async () => {
    await scale(operatorDeployment, replicas[operatorDeployment] ?? 1);
    const server = await startServer([mirror, elsewhere]);
    try {
      const pod = await until('the webhook to answer', 30, () =>
        createObject(plainPod('away-enforce', 'held', tryPlaces([mirror, elsewhere]))),
      );
      assert.equal(pod.spec.initContainers[0].name, 'chaperone-sensor');
      await awaitPhase('away-enforce', 'held', ['Succeeded']);
    } finally {
      await server.stop();
    }
    assert.deepEqual(server.seen, [mirror]);
    const audited = await createObject(plainPod('away-audit', 'seen', 'true'));
    assert.equal(audited.spec.initContainers[0].name, 'chaperone-sensor');
  });

  check(
    'operator back: a pod without a sensor that a policy would hold is counted, until it is made anew',
    async () => {
      const egress = { default: 'Deny' };
      const metadata = { name: 'late', namespace: 'away-audit' };
      const spec = { selector: {}, mode: 'Enforce', egress };
      await createObject({ apiVersion: 'chaperone.dev/v1alpha1', kind: 'AgentPolicy', metadata, spec });
      const told = async () => (await get('away-audit', 'agentpolicy/late')).status;
      await until('the pod to be counted', 60, async () => (await told())?.runners?.unheld === 1);
      assert.equal(conditionOf({ status: await told() }, 'SensorsCurrent')?.reason, 'Unheld');
      await kubectl('delete', 'pod', '-n', 'away-audit', 'early', '--grace-period=1');
      await awaitCondition('away-audit', 'agentpolicy/late', 'Ready', 90);
      await kubectl('delete', 'agentpolicy', '-n', 'away-audit', 'late');
    },
  );

  check('operator back: what was changed behind its back is mended', async () => {
    const before = (await get('away-enforce', 'networkpolicy/chaperone-hold')).spec;
    await scale(operatorDeployment, 0);
    await kubectl('delete', 'networkpolicy', '-n', 'away-enforce', 'chaperone-hold');
    await scale(operatorDeployment, replicas[operatorDeployment] ?? 1);
    await until('the NetworkPolicy to be back', 30, async () => {
      const found = await get('away-enforce', 'networkpolicy/chaperone-hold');
      return JSON.stringify(found.spec) === JSON.stringify(before);
    });
  });

  check('gateway down while a job works: its spans arrive later, and none is lost', async () => {
    const gate = '203.0.113.4:8080';
    await scale(gatewayDeployment, 0);
    const script = `for i in $(seq 200); do /bin/true; done; echo worked; until curl -sf -m 2 http://${gate}/; do sleep 0.2; done`;
    const pod = await createObject(plainPod('away-audit', 'patient', script));
    await until('the job to have worked', 60, async () =>
      (await logs('away-audit', 'patient', 'runner')).includes('worked'),
    );
    assert.deepEqual(await spansOfPod(pod.metadata.uid, new Date(pod.metadata.creationTimestamp)), []);
    await scale(gatewayDeployment, replicas[gatewayDeployment] ?? 1);
    const server = await startServer([gate]);
    try {
      await awaitPhase('away-audit', 'patient', ['Succeeded'], 60);
    } finally {
      await server.stop();
    }
    const executions = await until('the spans of the job in Jaeger', 30, async () => {
      const spans = await spansOfPod(pod.metadata.uid, new Date(pod.metadata.creationTimestamp));
      return spans.some(isJob) && countOf(spans, 'true');
    });
    assert.equal(executions, 200);
  });
});

/** How many processes of a name the spans stand for, those folded into summary spans too. */
function countOf(spans: { name: string; attributes: Record<string, unknown> }[], name: string): number {
  const named = spans.filter(({ attributes }) => attributes['process.executable.name'] === name);
  return named.reduce((sum, { attributes }) => sum + Number(attributes['aggregation.span_count'] ?? 1), 0);
}

/** The API server's answer to a pod that it does not take. */
async function refusalOf(pod: KubeObject): Promise<{ code: number; message: string }> {
  const error = await createObject(pod, '-v=6').then(
    () => undefined,
    (thrown: { stderr: string }) => thrown,
  );
  assert.ok(error, 'the pod was made');
  const code = /"Response" verb="POST".*? status="(\d{3})/.exec(error.stderr)?.[1];
  return { code: Number(code), message: error.stderr };
}

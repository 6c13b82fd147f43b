import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Registry } from 'prom-client';
import { policyAnnotation, sensorContainer } from '../../crds/names.ts';
import { aPolicyObject } from '../controllers/testing/builders.ts';
import type { PodIdentity } from '../gateway/identity.ts';
import type { KubeObject } from '../kube/objects.ts';
import { events, namespaces, pods, secrets } from '../kube/resources.ts';
import { type ApiServer, startApiServer } from '../kube/testing/api-server.ts';
import { systemClock } from '../runtime/clock.ts';
import { eventually } from '../runtime/testing/clocks.ts';
import { silentLog } from '../runtime/testing/observers.ts';
import { agentPolicies } from '../stores.ts';
import { type Alerting, createAlerting } from './assemble.ts';
import { aFinding } from './testing/findings.ts';
import { type SinkServer, startSinkServer } from './testing/sink-server.ts';

/** Two replicas of the gateway's alerting, against a real API server and a real sink. */
let api: ApiServer;
let sink: SinkServer;
let folder: string;
let replicas: [Alerting, Alerting];
const signingKey = 'a key of more than 24 bytes, as text';

before(async () => {
  [api, sink, folder] = await Promise.all([
    startApiServer({ controllers: true }),
    startSinkServer(),
    mkdtemp(join(tmpdir(), 'chaperone-alerts-')),
  ]);
  await api.client.create(namespaces, { metadata: { name: 'ci' } });
  await api.kubectl('wait', '--for=create', 'serviceaccount/default', '-n', 'ci', '--timeout=30s');
  await writeFile(join(folder, 'url'), `${sink.url}\n`);
  await writeFile(join(folder, 'signingKey'), signingKey);
  replicas = [startReplica('gateway-1'), startReplica('gateway-2')];
  await Promise.all(replicas.map((replica) => replica.start()));
});
after(async () => {
  await Promise.all((replicas ?? []).map((replica) => replica.stop()));
  await sink?.close();
  await rm(folder, { recursive: true });
  await api?.close();
});

function startReplica(instance: string): Alerting {
  const { client, transport } = api;
  const mounted = (key: string) => ({ file: join(folder, key), secret: 'siem-hook', key });
  const secret = { url: mounted('url'), signingKey: mounted('signingKey') };
  return createAlerting({
    client,
    transport,
    clock: systemClock,
    random: Math.random,
    log: silentLog,
    registry: new Registry(),
    instance,
    config: {
      minSeverity: 'Medium',
      labels: { cluster: 'test' },
      sinks: [{ name: 'siem', kind: 'webhook', ...secret, allowHttp: true }],
      policySinks: { enabled: true, allowHttp: true, allowedCidrs: ['127.0.0.0/8'] },
    },
  });
}

const sensor = { name: sensorContainer, image: 'registry.example.com/runner:1' };

/** A pod under the policy of the same name. */
async function aPod(name: string, alerts?: object, initContainers = [sensor]): Promise<PodIdentity> {
  const { spec, ...policy } = aPolicyObject(alerts && { alerts }, { name }) as KubeObject & { spec: object };
  await api.client.create(agentPolicies, { ...policy, metadata: { name, namespace: 'ci' }, spec } as KubeObject);
  const payload = JSON.stringify({ policies: [{ name, generation: 1, mode: 'Audit' }] });
  const annotations = { [policyAnnotation]: JSON.stringify({ payload, signature: '' }) };
  const pod = await api.client.create(pods, {
    metadata: { name, namespace: 'ci', annotations },
    spec: { initContainers, containers: [{ ...sensor, name: 'runner' }] },
  } as KubeObject);
  return { namespace: 'ci', name, uid: pod.metadata.uid ?? '', node: 'node-1', serviceAccount: 'default' };
}

interface SeenEvent extends KubeObject {
  type: string;
  reason: string;
  note: string;
  regarding: { kind: string; name: string; uid: string };
}

async function eventsAbout(name: string): Promise<SeenEvent[]> {
  const all = await api.client.list<SeenEvent>(events, { namespace: 'ci' });
  return all.filter(({ regarding, metadata }) => regarding.name === name && metadata.name.startsWith(name));
}

async function countsOf(name: string): Promise<Record<string, unknown> | undefined> {
  const policy = await api.client.get<KubeObject & { status?: { findings?: Record<string, unknown> } }>(agentPolicies, {
    namespace: 'ci',
    name,
  });
  return policy.status?.findings;
}

/** At the sink of the cluster. */
const alertsOf = (name: string) => sink.alerts('/hook').filter(({ pod }) => pod.name === name);

describe('a finding, a real API server and a real sink', () => {
  test('reaches the pod, its policy and the sink, whole and signed', async () => {
    const pod = await aPod('told');
    const finding = aFinding();
    await replicas[0].take(pod, [finding]);
    await eventually(async () => assert.equal(alertsOf('told').length, 1));
    const [alert] = alertsOf('told');
    assert.deepEqual(alert?.finding, finding);
    assert.deepEqual(alert?.pod, { namespace: 'ci', name: 'told', uid: pod.uid, node: 'node-1' });
    assert.deepEqual([alert?.policies, alert?.labels], [['told'], { cluster: 'test' }]);
    assert.match(
      alert?.text ?? '',
      /^Critical in octo\/web, job “build”, step 3 “Install”: python3 reached .* Pod ci\/told on node-1, under told\.$/,
    );
    const { headers, body } = sink.arrived.find((one) => one.body.includes(pod.uid)) ?? assert.fail();
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const signature = createHmac('sha256', signingKey).update(signed).digest('base64');
    assert.deepEqual([headers['webhook-id'], headers['webhook-signature']], [alert?.id, `v1,${signature}`]);
    await eventually(async () => {
      const told = await eventsAbout('told');
      assert.deepEqual(told.map(({ type, reason, regarding }) => `${type} ${reason} ${regarding.kind}`).sort(), [
        'Warning RunnerMemory AgentPolicy',
        'Warning RunnerMemory Pod',
      ]);
      assert.ok(told.every(({ note }) => note === alert?.text));
    });
    await eventually(async () => assert.equal((await countsOf('told'))?.critical, 1));
    const listed = await api.kubectl('get', 'agp', 'told', '-n', 'ci');
    assert.match(listed, /CRITICAL +HIGH[^\n]*\n.* 1 +0 /);
  });

  test('alerts nobody a second time, also when it comes with a newer count to another replica', async () => {
    const pod = await aPod('again');
    await replicas[0].take(pod, [aFinding()]);
    await replicas[0].settle();
    for (const replica of replicas) await replica.take(pod, [aFinding(1, { count: 7 }), aFinding(2)]);
    for (const replica of replicas) await replica.settle();
    await eventually(async () => assert.equal((await countsOf('again'))?.critical, 2));
    await eventually(async () => assert.equal(alertsOf('again').length, 2));
    assert.equal(new Set(alertsOf('again').map(({ id }) => id)).size, 2);
    assert.equal((await eventsAbout('again')).length, 4);
  });

  test('below the least severity of the sink is an Event and a count, and no alert', async () => {
    const pod = await aPod('low');
    await replicas[0].take(pod, [aFinding(1, { severity: 'Low', rule: 'left-running' }), aFinding(2)]);
    await eventually(async () => assert.equal(alertsOf('low').length, 1));
    await eventually(async () => {
      const { low, critical } = (await countsOf('low')) ?? {};
      assert.deepEqual([low, critical], [1, 1]);
    });
    assert.ok((await eventsAbout('low')).some(({ type, reason }) => `${type} ${reason}` === 'Normal LeftRunning'));
  });

  test('of a pod that is gone is told all the same, without its policies', async () => {
    await replicas[0].take({ namespace: 'ci', name: 'gone', uid: 'uid-of-gone', node: '', serviceAccount: 'default' }, [
      aFinding(),
    ]);
    await eventually(async () => assert.equal(alertsOf('gone').length, 1));
    assert.equal(alertsOf('gone')[0]?.policies, undefined);
  });

  test('of a pod without a sensor is refused, whatever policy it claims to be under', async () => {
    const pod = await aPod('claims', undefined, []);
    await assert.rejects(replicas[0].take(pod, [aFinding()]), { status: 403, code: 'pod-without-sensor' });
  });

  test('is counted once on its policy however many replicas write at the same time', async () => {
    const pod = await aPod('raced');
    const severities = ['Critical', 'High', 'Medium', 'Low', 'Info'] as const;
    const all = Array.from({ length: 40 }, (_, n) => aFinding(n + 1, { severity: severities[n % 5] ?? 'Low' }));
    await Promise.all(all.map((finding, n) => replicas[n % 2 === 0 ? 0 : 1].take(pod, [finding])));
    await eventually(async () => {
      const { last: _, ...counts } = (await countsOf('raced')) ?? {};
      assert.deepEqual(counts, { critical: 8, high: 8, medium: 8, low: 8, info: 8 });
    });
  });

  test('goes to the sinks of its policy, by what their Secrets say at the time', async () => {
    const { url } = sink;
    const data = (text: string) => Buffer.from(text).toString('base64');
    await api.client.create(secrets, {
      metadata: { name: 'hook', namespace: 'ci' },
      data: { url: data(`${url}/of-policy`), signingKey: data(signingKey) },
    } as KubeObject);
    const secretRef = { name: 'hook' };
    const sinks = [
      { name: 'sec', webhook: { secretRef, signingKeyRef: secretRef } },
      { name: 'chat', slack: { secretRef } },
    ];
    const pod = await aPod('own-sinks', { minSeverity: 'High', sinks });
    await settlePolicies('own-sinks');
    await replicas[0].take(pod, [aFinding(1), aFinding(2, { severity: 'Medium' })]);
    const own = () => sink.arrived.filter(({ path }) => path === '/hook/of-policy');
    await eventually(async () => assert.equal(own().length, 2));
    const [first, second] = own().map(({ body }) => JSON.parse(body));
    const slack = 'blocks' in first ? first : second;
    assert.match(slack.text, /^Critical in octo\/web/);
    assert.equal((slack === first ? second : first).finding.id, aFinding(1).id);
    // The sink of the cluster takes Medium, too.
    await eventually(async () => assert.equal(alertsOf('own-sinks').length, 2));
  });

  test('of a policy whose sink has no Secret yet waits for it, and the policy says so', async () => {
    const pod = await aPod('early', { sinks: [{ name: 'sec', webhook: { secretRef: { name: 'late' } } }] });
    await eventually(async () => {
      const notes = (await eventsAbout('early')).filter(({ reason }) => reason === 'AlertSinkNotReady');
      assert.equal(notes.length, 1, 'one of the two replicas says it');
      assert.match(
        notes[0]?.note ?? '',
        /^No alert reaches the sink sec as it is: there is no Secret late in ci: make it\.$/,
      );
    });
    await replicas[0].take(pod, [aFinding()]);
    await replicas[0].settle();
    const url = Buffer.from(`${sink.url}/late`).toString('base64');
    await api.client.create(secrets, { metadata: { name: 'late', namespace: 'ci' }, data: { url } } as KubeObject);
    await eventually(async () => assert.equal(sink.arrived.filter(({ path }) => path === '/hook/late').length, 1));
  });

  test('beyond what a pod may have told is counted, and people are told how many', async () => {
    const pod = await aPod('noisy');
    await replicas[0].take(
      pod,
      Array.from({ length: 30 }, (_, n) => aFinding(n + 1)),
    );
    await replicas[0].settle();
    await eventually(async () => assert.equal(alertsOf('noisy').length, 21));
    const summary = alertsOf('noisy').find(({ finding }) => finding.rule === 'findings-suppressed');
    assert.match(
      summary?.text ?? '',
      /10 further findings of this pod were not told one by one, the worst of them Critical/,
    );
    await eventually(async () => assert.equal((await countsOf('noisy'))?.critical, 30));
  });
});

/** Until the replicas have seen the policy. */
async function settlePolicies(name: string): Promise<void> {
  const marker = await aPod(`${name}-seen`);
  for (const [n, replica] of replicas.entries()) await replica.take(marker, [aFinding(n + 100)]);
  await eventually(async () => assert.equal((await countsOf(`${name}-seen`))?.critical, 2));
}

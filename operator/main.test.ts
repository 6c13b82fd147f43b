import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, type TestContext, test } from 'node:test';
import type { AgentPolicyStatus } from '../crds/agent-policy-status.ts';
import { coveredPodsFinalizer, gatewayFieldManager, sensorInjected, sensorLabel } from '../crds/names.ts';
import { type Replica, runToEnd, startCommand, startReplica } from './commands/testing/processes.ts';
import { aPolicyObject } from './controllers/testing/builders.ts';
import { isNotFound } from './kube/errors.ts';
import type { KubeObject, MutatingWebhookConfiguration, NetworkPolicy, Pod } from './kube/objects.ts';
import {
  events,
  leases,
  mutatingWebhookConfigurations,
  namespaces,
  networkPolicies,
  pods,
  type Resource,
  resource,
  secrets,
} from './kube/resources.ts';
import { type ApiServer, startApiServer } from './kube/testing/api-server.ts';
import { eventually } from './runtime/testing/clocks.ts';
import { agentPolicies } from './stores.ts';

/** The operator as a process of its own, against the real API server. Without kubelets, pods end when they are deleted. */
const system = 'chaperone-system';
let server: ApiServer;
let replica: Replica;

before(async () => {
  server = await startApiServer();
  const { client } = server;
  await client.create(namespaces, { metadata: { name: system } });
  await client.create(namespaces, { metadata: { name: 'ci', labels: { 'chaperone.dev/injection': 'enabled' } } });
  await client.create(mutatingWebhookConfigurations, aWebhookConfiguration());
  replica = await startReplica(server.kubeconfig, 'first');
});
after(async () => {
  replica?.process.kill('SIGKILL');
  await server?.close();
});

function aWebhookConfiguration(): MutatingWebhookConfiguration {
  const entry = {
    name: 'audit.chaperone.dev',
    clientConfig: { service: { namespace: system, name: 'chaperone-webhook', path: '/mutate/pods' } },
    namespaceSelector: { matchLabels: { 'chaperone.dev/injection': 'enabled' } },
    rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    failurePolicy: 'Ignore',
  };
  return { metadata: { name: 'chaperone' }, webhooks: [entry] };
}

/** Makes a policy of this name for pods with the label `app: NAME`, and gives it back once it is ready. */
async function aReadyPolicy(name: string): Promise<void> {
  const { apiVersion, kind, spec } = aPolicyObject({ selector: { matchLabels: { app: name } } }) as KubeObject & {
    spec: object;
  };
  await server.client.create(agentPolicies, {
    apiVersion,
    kind,
    metadata: { name, namespace: 'ci' },
    spec,
  } as KubeObject);
  await eventually(async () => assert.equal((await readyOf(name))?.status, 'True'));
}

const readyOf = (name: string) => conditionOf(inCi(name), 'Ready');

async function conditionOf(name: { namespace: string; name: string }, wanted: string) {
  const policy = await server.client.get<KubeObject & { status?: AgentPolicyStatus }>(agentPolicies, name);
  return policy.status?.conditions?.find(({ type }) => type === wanted);
}

function inNamespace(namespace: string, { metadata, ...object }: KubeObject): KubeObject {
  return { ...object, metadata: { name: metadata.name, namespace } };
}

/** A pod as the webhook would have left it. */
async function aHeldPod(policy: string): Promise<void> {
  const labels = { app: policy, [sensorLabel]: sensorInjected, [`policy.chaperone.dev/${policy}`]: 'enforce' };
  const spec = { containers: [{ name: 'runner', image: 'example.com/runner:1' }], automountServiceAccountToken: false };
  await server.client.apply({ ...pods }, { metadata: { ...inCi(`pod-${policy}`), labels }, spec } as unknown as Pod, {
    fieldManager: 'test',
  });
}

const inCi = (name: string) => ({ namespace: 'ci', name });
const isGone = (resource: Resource, name: { namespace?: string; name: string }) =>
  eventually(() => assert.rejects(server.client.get(resource, name), isNotFound));
const specOf = async (name: string) => (await server.client.get<NetworkPolicy>(networkPolicies, inCi(name))).spec;

test('A policy gets its NetworkPolicy, finalizer and status, and its namespace the label', async () => {
  await aReadyPolicy('web');
  const policy = await server.client.get(agentPolicies, inCi('web'));
  assert.deepEqual(policy.metadata.finalizers, [coveredPodsFinalizer]);
  assert.deepEqual((await specOf('chaperone-web')).podSelector, {
    matchLabels: { 'policy.chaperone.dev/web': 'enforce' },
  });
  await eventually(async () => {
    const { metadata } = await server.client.get(namespaces, { name: 'ci' });
    assert.equal(metadata.labels?.['chaperone.dev/enforce'], 'true');
  });
});

const refusing: [what: string, labels: Record<string, string>, made: KubeObject[], said: RegExp][] = [
  ['Pod Security', { 'pod-security.kubernetes.io/enforce': 'baseline' }, [], /PodSecurity.*chaperone-sensor/],
  [
    'a LimitRange',
    {},
    [
      {
        apiVersion: 'v1',
        kind: 'LimitRange',
        metadata: { name: 'small' },
        spec: { limits: [{ type: 'Container', max: { memory: '100Mi' } }] },
      } as KubeObject,
    ],
    /maximum memory usage per Container is 100Mi/,
  ],
];
for (const [index, [what, labels, made, said]] of refusing.entries()) {
  test(`A namespace where ${what} refuses the sensor is tried before a job meets it, and is told`, async () => {
    const { client, kubectl } = server;
    const name = `refusing-${index}`;
    await client.create(namespaces, { metadata: { name, labels } });
    for (const { kind = '', ...object } of made) {
      const kinds = resource('', 'v1', kind, `${kind.toLowerCase()}s`, true);
      await client.create(kinds, { ...object, metadata: { ...object.metadata, namespace: name } });
    }
    await client.create(agentPolicies, inNamespace(name, aPolicyObject({ mode: 'Audit' }, { name: 'watch' })));
    await kubectl('label', 'namespace', name, 'chaperone.dev/injection=enabled');
    await eventually(async () => {
      const condition = await conditionOf({ namespace: name, name: 'watch' }, 'SensorAdmitted');
      assert.equal(condition?.status, 'False');
      assert.match(condition?.message ?? '', said);
    });
    await eventually(async () => {
      const told = await client.list<KubeObject & { reason?: string }>(events, { namespace: name });
      assert.ok(told.some(({ reason }) => reason === 'SensorNotAdmitted'));
    });
    const metrics = await (await fetch(`http://127.0.0.1:${replica.httpPort}/metrics`)).text();
    assert.ok(metrics.includes(`chaperone_namespace_sensor_admitted{namespace="${name}"} 0`));
    assert.ok(metrics.includes('chaperone_namespace_sensor_admitted{namespace="ci"} 1'));
  });
}

test('A NetworkPolicy that others change or delete is mended, and an Event says so', async () => {
  const { client } = server;
  await aReadyPolicy('mended');
  const good = await specOf('chaperone-mended');
  await client.patchJson(networkPolicies, inCi('chaperone-mended'), [
    { op: 'replace', path: '/spec/egress', value: [{}] },
  ]);
  await eventually(async () => assert.deepEqual(await specOf('chaperone-mended'), good));
  await client.patchJson(networkPolicies, inCi('chaperone-mended'), [{ op: 'remove', path: '/metadata/labels' }]);
  await client.delete(networkPolicies, inCi('chaperone-mended'));
  await eventually(async () => assert.deepEqual(await specOf('chaperone-mended'), good));
  await eventually(async () => {
    const said = await client.list<KubeObject & { reason?: string }>(events, { namespace: 'ci' });
    assert.ok(said.some(({ reason }) => reason === 'NetworkPolicyMended'));
  });
});

test('A deleted policy and its NetworkPolicy stay until the pods that they hold have ended', async () => {
  const { client } = server;
  await aReadyPolicy('ending');
  await aHeldPod('ending');
  await client.delete(agentPolicies, inCi('ending'));
  await eventually(async () => assert.equal((await readyOf('ending'))?.reason, 'WaitingForPods'));
  await client.delete(networkPolicies, inCi('chaperone-ending'));
  await eventually(() => specOf('chaperone-ending'));
  await server.kubectl('delete', 'pod', '-n', 'ci', 'pod-ending', '--grace-period=0', '--force');
  await isGone(agentPolicies, inCi('ending'));
  await isGone(networkPolicies, inCi('chaperone-ending'));
});

test('A pod that was made without a sensor, and that a policy would hold, is counted, and the policy is not ready', async () => {
  const { client } = server;
  await client.create(namespaces, { metadata: { name: 'unheld', labels: { 'chaperone.dev/injection': 'enabled' } } });
  const spec = { containers: [{ name: 'runner', image: 'example.com/runner:1' }], automountServiceAccountToken: false };
  await client.create(pods, {
    metadata: { name: 'early', namespace: 'unheld', labels: { app: 'runner' } },
    spec,
  } as Pod);
  await client.create(agentPolicies, inNamespace('unheld', aPolicyObject({}, { name: 'late' })));
  const name = { namespace: 'unheld', name: 'late' };
  await eventually(async () => assert.equal((await conditionOf(name, 'Ready'))?.reason, 'Unheld'));
  const { status } = await client.get<KubeObject & { status?: AgentPolicyStatus }>(agentPolicies, name);
  assert.equal(status?.runners?.unheld, 1);
});

test('A running pod gets the policy that came or changed after it', async () => {
  await aReadyPolicy('late');
  await aHeldPod('late');
  const carried = async (): Promise<string> => {
    const pod = await server.client.get<Pod>(pods, inCi('pod-late'));
    return JSON.parse(pod.metadata.annotations?.['chaperone.dev/policy'] ?? '{"payload":""}').payload;
  };
  await eventually(async () => assert.match(await carried(), /"default":"Deny"/));
  await server.client.patchJson(agentPolicies, inCi('late'), [
    { op: 'replace', path: '/spec/egress/default', value: 'Allow' },
  ]);
  await eventually(async () => assert.match(await carried(), /"default":"Allow".*"generation":2/));
});

test('The webhook configuration holds the certificates, also after another writer took them out', async () => {
  const bundle = async (): Promise<string> => {
    const name = { name: 'chaperone' };
    const { webhooks = [] } = await server.client.get<MutatingWebhookConfiguration>(
      mutatingWebhookConfigurations,
      name,
    );
    return Buffer.from(webhooks[0]?.clientConfig.caBundle ?? '', 'base64').toString();
  };
  await eventually(async () => assert.match(await bundle(), /BEGIN CERTIFICATE/));
  const path = '/webhooks/0/clientConfig/caBundle';
  await server.client.patchJson(mutatingWebhookConfigurations, { name: 'chaperone' }, [{ op: 'remove', path }]);
  await eventually(async () => assert.match(await bundle(), /BEGIN CERTIFICATE/));
});

test("Metrics have controller-runtime's names", async () => {
  const metrics = await (await fetch(`http://127.0.0.1:${replica.httpPort}/metrics`)).text();
  assert.match(metrics, /controller_runtime_reconcile_total\{controller="agentpolicy",result="success"\} \d+/);
  assert.match(metrics, /leader_election_master_status\{name="chaperone-operator"\} 1/);
  for (const name of [
    'workqueue_depth',
    'rest_client_requests_total',
    'controller_runtime_webhook_requests_in_flight',
  ]) {
    assert.ok(metrics.includes(`\n${name}{`), name);
  }
});

test('A second replica waits, and leads as soon as the first has ended', async (t: TestContext) => {
  const second = await startReplica(server.kubeconfig, 'second');
  t.after(() => {
    replica = second;
  });
  const holder = async (): Promise<string> => {
    const lease = await server.client.get<KubeObject & { spec?: { holderIdentity?: string } }>(leases, {
      namespace: system,
      name: 'chaperone-operator',
    });
    return lease.spec?.holderIdentity ?? '';
  };
  assert.match(await holder(), /^first_/);
  replica.process.kill('SIGTERM');
  assert.deepEqual(await once(replica.process, 'exit'), [0, null]);
  await eventually(async () => assert.match(await holder(), /^second_/));
});

test('Removal lets held jobs end, leaves nothing of the operator, and can be called again', async () => {
  const { client } = server;
  await aReadyPolicy('left');
  const findings = { critical: 1, high: 0, medium: 0, low: 0, info: 0, last: '2026-11-23T00:00:00Z' };
  const counted = { metadata: inCi('left'), status: { findings } } as KubeObject;
  await client.applyStatus(agentPolicies, counted, { fieldManager: gatewayFieldManager });
  await aHeldPod('left');
  replica.process.kill('SIGTERM');
  await once(replica.process, 'exit');
  const wait = { CHAPERONE_UNINSTALL_WAIT_SECONDS: '60' };
  const removal = startCommand(server.kubeconfig, ['uninstall'], wait);
  const ended = once(removal, 'exit');
  await eventually(() => assert.rejects(client.get(mutatingWebhookConfigurations, { name: 'chaperone' }), isNotFound));
  removal.kill('SIGTERM');
  assert.deepEqual(await ended, [3, null]);
  assert.ok(await specOf('chaperone-left'), 'pods that still run are held, also by a removal that was interrupted');
  const repeated = once(startCommand(server.kubeconfig, ['uninstall'], wait), 'exit');
  await server.kubectl('delete', 'pods', '-n', 'ci', '--all', '--grace-period=0', '--force');
  assert.deepEqual(await repeated, [0, null]);
  const again = await runToEnd(server.kubeconfig, ['uninstall']);
  assert.equal(again.code, 0, again.output);
  const left = await Promise.all([
    client.list(networkPolicies),
    client.list(secrets, { namespace: system }),
    client.list(leases, { namespace: system }),
    client.list(namespaces, { labelSelector: 'chaperone.dev/enforce' }),
    client.list(mutatingWebhookConfigurations),
  ]);
  assert.deepEqual(left.flat(), []);
  for (const { metadata } of await client.list(namespaces)) {
    assert.equal(metadata.annotations?.['chaperone.dev/dry-run'], undefined);
  }
  const policies = await client.list<KubeObject & { status?: AgentPolicyStatus }>(agentPolicies);
  assert.ok(policies.length > 0);
  for (const { metadata, status = {} } of policies) assert.deepEqual([metadata.finalizers, status], [undefined, {}]);
});

test('Wrong use and wrong configuration end with 2 and say what to do', async () => {
  const use = await runToEnd(server.kubeconfig, []);
  assert.equal(use.code, 2);
  assert.match(use.output, /Usage: operator\.mjs operator \| gateway \| uninstall/);
  const configuration = await runToEnd(server.kubeconfig, ['operator'], { CHAPERONE_HTTP_PORT: 'http' });
  assert.equal(configuration.code, 2);
  assert.match(configuration.output, /CHAPERONE_HTTP_PORT.*CHAPERONE_SENSOR_IMAGE: write the image of the sensor/);
});

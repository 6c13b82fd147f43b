import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { Agent, request } from 'undici';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { sensorContainer } from '../crds/names.ts';
import { freePort } from '../operator/runtime/testing/free-port.ts';
import { type Cluster, chart, namespace, root, startCluster, valuesOf } from './testing/cluster.ts';

let cluster: Cluster;
before(async () => {
  cluster = await startCluster();
  await cluster.kubectl('create', 'namespace', 'runners');
  await cluster.kubectl('label', 'namespace', 'runners', 'chaperone.dev/injection=enabled');
  const where = ['--namespace', namespace, '--create-namespace'];
  await cluster.helm('helm', 'install', 'chaperone', chart, ...where, ...valuesOf('minimal'));
});
after(() => cluster.close());

const policy = {
  apiVersion: 'chaperone.dev/v1alpha1',
  kind: 'AgentPolicy',
  metadata: { name: 'web-ci', namespace: 'runners' },
  spec: {
    selector: {},
    mode: 'Enforce',
    egress: { default: 'Deny', rules: [{ name: 'mirror', to: [{ cidr: '203.0.113.0/24' }] }] },
  },
};

interface Running {
  process: ChildProcess;
  port: number;
  environment: Record<string, string>;
  log: () => string;
}

/** Starts a command as its service account, on free ports, and with the environment that the chart gives it. */
async function start(
  command: 'operator' | 'gateway' | 'uninstall',
  changes: Record<string, string> = {},
): Promise<Running> {
  const port = await freePort();
  const environment: Record<string, string> = {
    ...(await chartEnvironment(command)),
    PATH: process.env.PATH ?? '',
    KUBECONFIG: await kubeconfigOf(command),
    CHAPERONE_NAMESPACE: namespace,
    CHAPERONE_POD_NAME: `${command}-1`,
    CHAPERONE_HTTP_PORT: String(port),
    CHAPERONE_WEBHOOK_PORT: String(await freePort()),
    CHAPERONE_GATEWAY_PORT: String(await freePort()),
    CHAPERONE_DRAIN_SECONDS: '0',
    ...changes,
  };
  const child = spawn(process.execPath, [join(root, 'operator/main.ts'), command], { env: environment });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (log += text));
  return { process: child, port, environment, log: () => log };
}

async function chartEnvironment(command: string): Promise<Record<string, string>> {
  const text = await cluster.helm(
    'helm',
    'template',
    'chaperone',
    chart,
    '--namespace',
    namespace,
    ...valuesOf('minimal'),
  );
  const all = parseAllDocuments(text).map((document) => document.toJSON());
  const containers = all.flatMap((one) => one?.spec?.template?.spec.containers ?? []);
  const { env } = containers.find(({ args }) => args[0] === command);
  return Object.fromEntries(
    env.flatMap((one: { name: string; value?: string }) => (one.value === undefined ? [] : [[one.name, one.value]])),
  );
}

/** The administrator's kubeconfig with the account's token in place of the certificate. */
async function kubeconfigOf(account: string): Promise<string> {
  const config = parse(await readFile(cluster.kubeconfig, 'utf8'));
  const token = (await cluster.kubectl('create', 'token', `chaperone-${account}`, '-n', namespace)).trim();
  for (const { user } of config.users) for (const key of Object.keys(user)) delete user[key];
  config.users[0].user.token = token;
  const path = join(cluster.folder, `${account}.conf`);
  await writeFile(path, stringify(config));
  return path;
}

async function untilReady({ port, process: child, log }: Running): Promise<void> {
  while (child.exitCode === null) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null);
    if (answer?.status === 200) return;
    await new Promise(setImmediate);
  }
  assert.fail(`it ended: ${log()}`);
}

async function end({ process: child }: Running): Promise<number | null> {
  child.kill('SIGTERM');
  if (child.exitCode === null) await once(child, 'exit');
  return child.exitCode;
}

async function untilSaid(what: string, ...args: string[]): Promise<void> {
  while ((await cluster.kubectl(...args).catch(() => '')) !== what) await new Promise(setImmediate);
}

function assertNothingForbidden(running: Running): void {
  assert.doesNotMatch(running.log(), /forbidden|answered 403/i);
}

describe("the chart's rights and environment", () => {
  let operator: Running;
  after(() => operator?.process.kill());

  test('are enough for the operator to make certificates, hold a policy and say so', async () => {
    operator = await start('operator');
    await untilReady(operator);
    const path = join(cluster.folder, 'policy.yaml');
    await writeFile(path, stringify(policy));
    await cluster.kubectl('apply', '-f', path);
    await cluster.kubectl('wait', '--for=condition=NetworkPolicyReady', 'agp/web-ci', '-n', 'runners', '--timeout=30s');
    await cluster.kubectl('wait', '--for=condition=SensorAdmitted', 'agp/web-ci', '-n', 'runners', '--timeout=30s');
    await untilSaid('true', 'get', 'namespace', 'runners', '-o', 'jsonpath={.metadata.labels.chaperone\\.dev/enforce}');
    await cluster.kubectl('get', 'networkpolicy', 'chaperone-web-ci', '-n', 'runners');
    const bundle = await cluster.kubectl(
      'get',
      'secret',
      'chaperone-ca',
      '-n',
      namespace,
      '-o',
      'jsonpath={.data.ca\\.crt}',
    );
    const path2 = 'jsonpath={.webhooks[*].clientConfig.caBundle}';
    await untilSaid(`${bundle} ${bundle}`, 'get', 'mutatingwebhookconfiguration', 'chaperone', '-o', path2);
    assertNothingForbidden(operator);
  });

  test('are enough for the gateway to serve', async () => {
    const backend = createServer((_request, response) => response.end('{}')).listen(0, '127.0.0.1');
    await once(backend, 'listening');
    const endpoint = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;
    const gateway = await start('gateway', { CHAPERONE_OTLP_ENDPOINT: endpoint });
    await untilReady(gateway);
    assert.equal(await end(gateway), 0);
    assertNothingForbidden(gateway);
    backend.close();
  });

  test('are enough for the gateway to tell of a finding, and to send it where a policy says once a Role lets it', async () => {
    await using sink = await startSink();
    const gateway = await start('gateway', {
      CHAPERONE_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      CHAPERONE_ALERTS: JSON.stringify({ policySinks: { allowHttp: true, allowedCidrs: ['127.0.0.0/8'] } }),
    });
    await untilReady(gateway);
    await applyAll(...(await alertedPod(sink.url)));
    const asked = [
      'get',
      'events.events.k8s.io',
      '-n',
      'jobs',
      '--field-selector',
      'reason=AlertSinkNotReady',
      '-o',
      'jsonpath={.items[*].note}',
    ];
    while (!/may not read the Secret sec-hook; let it/.test(await cluster.kubectl(...asked)))
      await new Promise(setImmediate);
    await postFinding(gateway);
    await untilSaid('1', 'get', 'agp', 'alerted', '-n', 'jobs', '-o', 'jsonpath={.status.findings.high}');
    assert.equal(sink.arrived.length, 0);
    const role = ['-n', 'jobs', '--verb=get', '--resource=secrets', '--resource-name=sec-hook'];
    await cluster.kubectl('create', 'role', 'chaperone-alerts', ...role);
    const account = `--serviceaccount=${namespace}:chaperone-gateway`;
    await cluster.kubectl(
      'create',
      'rolebinding',
      'chaperone-alerts',
      '-n',
      'jobs',
      '--role=chaperone-alerts',
      account,
    );
    while (sink.arrived.length === 0) await new Promise(setImmediate);
    assert.match(sink.arrived[0] ?? '', /"text":"High in job “build”: /);
    assert.equal(await end(gateway), 0);
    assertNothingForbidden(gateway);
  });

  test('are enough for the uninstaller to leave nothing behind', async () => {
    assert.equal(await end(operator), 0);
    await applyHooks();
    const uninstall = await start('uninstall', { CHAPERONE_UNINSTALL_WAIT_SECONDS: '0' });
    const [status] = await once(uninstall.process, 'exit');
    assert.equal(status, 0, uninstall.log());
    assertNothingForbidden(uninstall);
    await cluster.helm('helm', 'uninstall', 'chaperone', '--namespace', namespace, '--no-hooks');
    for (const kind of ['secrets', 'leases', 'deployments']) {
      assert.doesNotMatch(await cluster.kubectl('get', kind, '-n', namespace, '-o', 'name'), /chaperone/);
    }
    assert.equal(await cluster.kubectl('get', 'networkpolicies', '-A', '-o', 'name'), '');
    const left = JSON.parse(await cluster.kubectl('get', 'namespace', 'runners', '-o', 'json'));
    assert.equal(left.metadata.labels['chaperone.dev/enforce'], undefined);
    await cluster.kubectl('delete', 'agp', 'web-ci', '-n', 'runners', '--timeout=20s');
  });
});

/** A namespace with a policy that has a sink, its Secret, and a pod that is under it; nobody may read the Secret. */
async function alertedPod(url: string): Promise<object[]> {
  await cluster.kubectl('create', 'namespace', 'jobs');
  await cluster.kubectl('wait', '--for=create', 'serviceaccount/default', '-n', 'jobs', '--timeout=30s');
  const payload = JSON.stringify({ policies: [{ name: 'alerted', generation: 1, mode: 'Audit' }] });
  const annotations = { 'chaperone.dev/policy': JSON.stringify({ payload, signature: '' }) };
  const sinks = [{ name: 'sec', webhook: { secretRef: { name: 'sec-hook' } } }];
  return [
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'sec-hook', namespace: 'jobs' }, stringData: { url } },
    {
      apiVersion: 'chaperone.dev/v1alpha1',
      kind: 'AgentPolicy',
      metadata: { name: 'alerted', namespace: 'jobs' },
      spec: { selector: {}, mode: 'Audit', alerts: { sinks } },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'runner-1', namespace: 'jobs', annotations },
      spec: {
        initContainers: [{ name: sensorContainer, image: 'registry.example.com/sensor:1', restartPolicy: 'Always' }],
        containers: [{ name: 'runner', image: 'registry.example.com/runner:1' }],
      },
    },
  ];
}

async function applyAll(...objects: object[]): Promise<void> {
  const path = join(cluster.folder, 'objects.json');
  await writeFile(path, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  await cluster.kubectl('apply', '-f', path);
}

/** As the sensor of the pod does. */
async function postFinding({ environment }: Running): Promise<void> {
  const bound = ['--bound-object-kind=Pod', '--bound-object-name=runner-1', '--audience=chaperone-gateway'];
  const token = (await cluster.kubectl('create', 'token', 'default', '-n', 'jobs', ...bound)).trim();
  const secret = ['get', 'secret', 'chaperone-ca', '-n', namespace, '-o', 'jsonpath={.data.ca\\.crt}'];
  const ca = Buffer.from(await cluster.kubectl(...secret), 'base64').toString();
  const finding = {
    version: 1,
    id: 'f'.repeat(16),
    rule: 'credentials-sent',
    severity: 'High',
    subject: { kind: 'host', name: 'evil.example.com' },
    text: 'curl read ~/.npmrc and connected to evil.example.com.',
    time: new Date().toISOString(),
    count: 1,
    job: { name: 'build' },
    evidence: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) },
  };
  const dispatcher = new Agent({ connect: { ca, servername: `chaperone-gateway.${namespace}.svc` } });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ findings: [finding] });
  const url = `https://127.0.0.1:${environment.CHAPERONE_GATEWAY_PORT}/v1/findings`;
  const answer = await request(url, { method: 'POST', dispatcher, headers, body });
  assert.deepEqual([answer.statusCode, await answer.body.json()], [200, {}]);
  await dispatcher.close();
}

/** A server that takes alerts. */
async function startSink() {
  const arrived: string[] = [];
  const server = createServer(async (incoming, response) => {
    arrived.push(await text(incoming));
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    arrived,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** There is no node to run helm's hook, so its rights are applied and its command is run here. */
async function applyHooks(): Promise<void> {
  const text = await cluster.helm(
    'helm',
    'template',
    'chaperone',
    chart,
    '--namespace',
    namespace,
    ...valuesOf('minimal'),
    '--show-only',
    'templates/uninstall.yaml',
  );
  const rights = parseAllDocuments(text).filter((document) => document.toJSON()?.kind !== 'Job');
  const path = join(cluster.folder, 'hooks.yaml');
  await writeFile(path, rights.map(String).join('---\n'));
  await cluster.kubectl('apply', '-f', path);
}

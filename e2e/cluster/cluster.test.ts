import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { apply, attempt, commandPath, kubectl, run, until } from './commands.ts';

/** What the cluster must be able to do before a story relies on it; the cluster is up (`e2e/cluster/up`). */
const status = await attempt(commandPath('status'), ['--json']);
assert.equal(status.code, 0, 'the cluster is not up; run e2e/cluster/up');
const cluster = JSON.parse(status.stdout);

const namespace = 'cluster-test';
const meta = (name: string, labels: Record<string, string> = {}) => ({
  name,
  namespace,
  labels: { app: name, ...labels },
});
const container = (script: string, more: object = {}) => ({
  name: 'main',
  image: 'localhost/chaperone-base:1',
  command: ['/bin/bash', '-c', script],
  ...more,
});
const pod = (name: string, spec: object) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: meta(name),
  spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 0, ...spec },
});
const service = (name: string, port: number) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: meta(name),
  spec: { selector: { app: name }, ports: [{ port }] },
});

const inPod = (name: string, script: string) =>
  attempt(commandPath('kubectl'), ['exec', '-n', namespace, name, '--', '/bin/bash', '-c', script]);
const onNode = (...command: string[]) => run(commandPath('exec'), command);
const waitFor = (condition: string, name: string) =>
  kubectl('wait', '-n', namespace, `--for=${condition}`, `pod/${name}`, '--timeout=60s');

before(async () => {
  await attempt(commandPath('kubectl'), ['delete', 'namespace', namespace, '--ignore-not-found']);
  await kubectl('create', 'namespace', namespace);
  await apply(pod('box', { containers: [container('exec sleep infinity')] }));
  await waitFor('condition=Ready', 'box');
});

after(async () => {
  await kubectl('delete', 'namespace', namespace, '--wait=false');
});

describe('a pod', () => {
  it('has its native sidecar started before it, and ended after it', async () => {
    const sidecar = {
      ...container('echo first > /shared/order; trap "exit 0" TERM; sleep infinity & wait'),
      name: 'sidecar',
    };
    const volumeMounts = [{ name: 'shared', mountPath: '/shared' }];
    const postStart = { exec: { command: ['/bin/bash', '-c', 'until [ -s /shared/order ]; do sleep 0.01; done'] } };
    await apply(
      pod('with-sidecar', {
        volumes: [{ name: 'shared', emptyDir: {} }],
        initContainers: [{ ...sidecar, restartPolicy: 'Always', volumeMounts, lifecycle: { postStart } }],
        containers: [container('cat /shared/order', { volumeMounts })],
      }),
    );
    await waitFor('jsonpath={.status.phase}=Succeeded', 'with-sidecar');
    assert.equal(await kubectl('logs', '-n', namespace, 'with-sidecar', '-c', 'main'), 'first\n');
  });

  it('sees cgroup v2 as on a node of today: a mount of it, and itself at the root', async () => {
    const { stdout } = await inPod('box', 'grep -c " - cgroup2 " /proc/self/mountinfo; grep ^0:: /proc/self/cgroup');
    assert.equal(stdout, '1\n0::/\n');
  });

  it('finds a Service by its name and reaches it at its address', async () => {
    const server = 'exec node -e \'require("http").createServer((q, s) => s.end("hello")).listen(8080)\'';
    await apply(pod('server', { containers: [container(server)] }), service('server', 8080));
    await waitFor('condition=Ready', 'server');
    const { stdout } = await inPod(
      'box',
      `curl -s --retry 20 --retry-all-errors --retry-delay 1 -m 5 http://server:8080`,
    );
    assert.equal(stdout, 'hello');
  });

  it('has names of the internet answered from the hosts file, and no others', async () => {
    await appendFile(cluster.internet.hosts, '203.0.113.2 cluster-test.example.com\n');
    const found = await until(
      10,
      () => inPod('box', 'getent ahostsv4 cluster-test.example.com'),
      ({ code }) => code === 0,
    );
    assert.match(found.stdout, /^203\.0\.113\.2 /);
    assert.equal((await inPod('box', 'getent ahostsv4 absent.example.com')).code, 2);
  });

  it('has Events, in which its start is told', async () => {
    const reasons = await kubectl('get', 'events', '-n', namespace, '-o', 'jsonpath={.items[*].reason}');
    assert.match(reasons, /Scheduled.*Started/s);
  });
});

describe('a NetworkPolicy', () => {
  const reach = (address: string) => inPod('box', `curl -s -m 2 http://${address}:8081`);
  const program = `import { createServer } from 'node:http';
    for (const host of ['203.0.113.1', '203.0.113.2']) createServer((_, answer) => answer.end('internet')).listen(8081, host);
    process.stdin.resume().on('end', () => process.exit(0)); console.log('ready');`;
  const internet = spawn(
    'nsenter',
    [`--net=/run/netns/${cluster.internet.netns}`, process.execPath, '--input-type=module', '-e', program],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  before(() => once(internet.stdout, 'data'));
  after(() => internet.stdin.end());

  it('allows what it names and drops the rest; without one all is reached', async () => {
    assert.equal((await reach('203.0.113.2')).stdout, 'internet');
    const egress = [{ to: [{ ipBlock: { cidr: '203.0.113.1/32' } }] }];
    const spec = { podSelector: { matchLabels: { app: 'box' } }, policyTypes: ['Egress'], egress };
    await apply({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: meta('one-address'), spec });
    const denied = await until(
      20,
      () => reach('203.0.113.2'),
      ({ code }) => code !== 0,
    );
    assert.equal(denied.code, 28); // curl: timed out, for nothing answers
    assert.equal((await reach('203.0.113.1')).stdout, 'internet');
    await kubectl('delete', 'networkpolicy', '-n', namespace, 'one-address');
    await until(
      20,
      () => reach('203.0.113.2'),
      ({ stdout }) => stdout === 'internet',
    );
  });
});

describe('the API server', () => {
  it('asks a webhook that runs in a pod', async () => {
    const host = `webhook.${namespace}.svc`;
    const [key = '', certificate = ''] = (await run('/bin/bash', ['-c', selfSigned(host)])).split('--- next ---\n');
    await apply(
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: meta('webhook'),
        data: { key, certificate, 'server.js': refusingWebhook },
      },
      pod('webhook', {
        volumes: [{ name: 'files', configMap: { name: 'webhook' } }],
        containers: [
          container('exec node /files/server.js', { volumeMounts: [{ name: 'files', mountPath: '/files' }] }),
        ],
      }),
      service('webhook', 8443),
      webhookConfiguration(Buffer.from(certificate).toString('base64')),
    );
    await waitFor('condition=Ready', 'webhook');
    const create = ['create', 'secret', 'generic', 'asked', '-n', namespace, '--dry-run=server'];
    const { stderr } = await until(
      20,
      () => attempt(commandPath('kubectl'), create),
      (ended) => /denied/.test(ended.stderr),
    );
    await kubectl('delete', 'validatingwebhookconfiguration', namespace);
    assert.match(stderr, /refused by the pod/);
  });

  it('tells whose a projected token is: pod and node', async () => {
    const serviceAccountToken = { audience: 'chaperone-test', path: 'token', expirationSeconds: 600 };
    await apply(
      pod('caller', {
        volumes: [{ name: 'token', projected: { sources: [{ serviceAccountToken }] } }],
        containers: [container('cat /token/token', { volumeMounts: [{ name: 'token', mountPath: '/token' }] })],
      }),
    );
    await waitFor('jsonpath={.status.phase}=Succeeded', 'caller');
    const spec = { token: await kubectl('logs', '-n', namespace, 'caller'), audiences: ['chaperone-test'] };
    const review = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec });
    const { status } = JSON.parse(await run(commandPath('kubectl'), ['create', '-o', 'json', '-f', '-'], review));
    const uid = await kubectl('get', 'pod', '-n', namespace, 'caller', '-o', 'jsonpath={.metadata.uid}');
    assert.equal(status.authenticated, true);
    assert.deepEqual(status.user.extra['authentication.kubernetes.io/pod-name'], ['caller']);
    assert.deepEqual(status.user.extra['authentication.kubernetes.io/pod-uid'], [uid]);
    assert.deepEqual(status.user.extra['authentication.kubernetes.io/node-name'], ['chaperone-node']);
  });
});

describe('Jaeger', () => {
  it('takes a trace over OTLP and gives it back', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const nanoseconds = (seconds: number) => String(BigInt(Math.floor(Date.now() / 1000) + seconds) * 1_000_000_000n);
    const span = {
      traceId,
      spanId: 'b7ad6b7169203331',
      name: 'proof',
      kind: 1,
      startTimeUnixNano: nanoseconds(-1),
      endTimeUnixNano: nanoseconds(0),
    };
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'cluster-test' } }] };
    const body = JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] });
    await onNode('curl', '-sf', '-H', 'content-type: application/json', '-d', body, `${cluster.jaeger.otlp}/v1/traces`);
    const answer = JSON.parse(
      await onNode(
        'curl',
        '-sf',
        '--retry',
        '5',
        '--retry-all-errors',
        `${cluster.jaeger.query}/api/v3/traces/${traceId}`,
      ),
    );
    assert.equal(answer.result.resourceSpans[0].scopeSpans[0].spans[0].name, 'proof');
  });
});

describe('the network', () => {
  it('has no way out of either namespace', async () => {
    assert.doesNotMatch(await onNode('ip', 'route'), /^default/m);
    for (const netns of [cluster.netns, cluster.internet.netns]) {
      const { code, stderr } = await attempt('nsenter', [
        `--net=/run/netns/${netns}`,
        'ip',
        'route',
        'get',
        '192.0.2.1',
      ]);
      assert.deepEqual([code, stderr], [2, 'RTNETLINK answers: Network is unreachable\n']);
    }
  });
});

const selfSigned = (host: string) =>
  `set -e; cd "$(mktemp -d)"; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout key -out certificate \
   -subj /CN=${host} -addext subjectAltName=DNS:${host} 2>/dev/null; cat key; echo '--- next ---'; cat certificate; rm -r "$PWD"`;

const refusingWebhook = `
const { readFileSync } = require('node:fs');
const options = { key: readFileSync('/files/key'), cert: readFileSync('/files/certificate') };
require('node:https').createServer(options, async (request, answer) => {
  let text = '';
  for await (const chunk of request) text += chunk;
  const response = { uid: JSON.parse(text).request.uid, allowed: false, status: { message: 'refused by the pod' } };
  answer.setHeader('content-type', 'application/json');
  answer.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response }));
}).listen(8443);
`;

const webhookConfiguration = (caBundle: string) => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingWebhookConfiguration',
  metadata: { name: namespace },
  webhooks: [
    {
      name: 'refuse.example.com',
      admissionReviewVersions: ['v1'],
      sideEffects: 'None',
      failurePolicy: 'Ignore',
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
      rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['secrets'] }],
      clientConfig: { caBundle, service: { namespace, name: 'webhook', port: 8443 } },
    },
  ],
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { Agent, request } from 'undici';
import { createCertificateKeeper } from '../certificates/keeper.ts';
import { type ApiServer, startApiServer } from '../kube/testing/api-server.ts';
import { systemClock } from '../runtime/clock.ts';
import { freePort } from '../runtime/testing/free-port.ts';
import { createGateway } from './gateway.ts';

const namespace = 'chaperone-system';
const log = pino({ level: 'silent' });
const received: string[] = [];
const backend = createServer(async (incoming, response) => {
  let body = '';
  for await (const chunk of incoming) body += chunk;
  received.push(body);
  response.end('{}');
});
let api: ApiServer;
let agent: Agent;
let address: string;
let stop: () => Promise<void>;

before(async () => {
  api = await startApiServer({ controllers: true });
  for (const name of [namespace, 'runners']) await api.kubectl('create', 'namespace', name);
  await api.kubectl('wait', '--for=create', 'serviceaccount/default', '-n', 'runners', '--timeout=30s');
  await api.kubectl('run', 'runner-1', '-n', 'runners', '--image=registry.example.com/runner:1');
  backend.listen(0, '127.0.0.1');
  await once(backend, 'listening');
  const otlpEndpoint = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;
  const common = { client: api.client, clock: systemClock, log, namespace };
  const port = await freePort();
  const gateway = createGateway({
    ...common,
    registry: new Registry(),
    port,
    host: '127.0.0.1',
    otlpEndpoint,
    transport: api.transport,
    random: Math.random,
    instance: 'gateway-1',
    alerts: {
      minSeverity: 'Medium',
      labels: {},
      sinks: [],
      policySinks: { enabled: true, allowHttp: false, allowedCidrs: [] },
    },
  });
  // The gateway comes up first and waits for the certificate that the operators race to make.
  const started = gateway.start();
  const services = { webhook: 'chaperone-webhook', gateway: 'chaperone-gateway' };
  const keepers = [1, 2, 3].map(() => createCertificateKeeper({ ...common, services }));
  const credentials = await Promise.all(keepers.map((keeper) => keeper.start(new AbortController().signal)));
  assert.equal(new Set(credentials.map(({ bundle, signing }) => bundle + signing.privateKey)).size, 1);
  await started;
  agent = new Agent({
    connect: { ca: credentials[0]?.bundle ?? '', servername: 'chaperone-gateway.chaperone-system.svc' },
  });
  address = `https://127.0.0.1:${port}`;
  stop = async () => {
    await gateway.stop();
    for (const keeper of keepers) await keeper.stop();
  };
});

after(async () => {
  await stop();
  await agent.close();
  backend.close();
  await api.close();
});

async function token(audience: string, ...bound: string[]): Promise<string> {
  return (await api.kubectl('create', 'token', 'default', '-n', 'runners', `--audience=${audience}`, ...bound)).trim();
}

const ofPod = (name: string): string[] => ['--bound-object-kind=Pod', `--bound-object-name=${name}`];

async function post(path: string, bearer: string, body: object) {
  const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
  return request(`${address}${path}`, { method: 'POST', dispatcher: agent, headers, body: JSON.stringify(body) });
}

const hello = { version: '0.1.0', armed: true, tier: 'trampoline', policyHash: '' };
const span = { traceId: '0bd0afbe17036e89e4a05c993dace1da', spanId: '1497fe109b00d3c0', name: 'Run tests' };

describe('a real API server and the gateway', () => {
  test("know a pod's span by its projected token", async () => {
    const body = { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] };
    const answer = await post('/v1/traces', await token('chaperone-gateway', ...ofPod('runner-1')), body);
    assert.equal(answer.statusCode, 200);
    const uid = await api.kubectl('get', 'pod', 'runner-1', '-n', 'runners', '-o', 'jsonpath={.metadata.uid}');
    assert.match(received[0] ?? '', new RegExp(`"k8s.pod.uid","value":\\{"stringValue":"${uid}"\\}`));
    assert.match(received[0] ?? '', /"k8s.namespace.name","value":\{"stringValue":"runners"\}/);
  });

  test('refuse a token of another audience, of no pod, and one that nobody signed', async () => {
    const forged = (await token('chaperone-gateway', ...ofPod('runner-1'))).replace(/\.[^.]*$/, '.AAAA');
    for (const bearer of [await token('other', ...ofPod('runner-1')), await token('chaperone-gateway'), forged]) {
      assert.equal((await post('/v1/traces', bearer, {})).statusCode, 401);
    }
  });

  test("write a sensor's status on its pod, again and again", async () => {
    const bearer = await token('chaperone-gateway', ...ofPod('runner-1'));
    assert.equal((await post('/v1/hello', bearer, hello)).statusCode, 200);
    assert.equal((await post('/v1/hello', bearer, { ...hello, armed: false, reason: 'no BTF' })).statusCode, 200);
    const path = 'jsonpath={.metadata.annotations.chaperone\\.dev/sensor-status}';
    const status = JSON.parse(await api.kubectl('get', 'pod', 'runner-1', '-n', 'runners', '-o', path));
    assert.deepEqual([status.armed, status.reason], [false, 'no BTF']);
  });

  test('write on no other pod that has taken the name meanwhile', async () => {
    await api.kubectl('run', 'short', '-n', 'runners', '--image=registry.example.com/runner:1');
    const bearer = await token('chaperone-gateway', ...ofPod('short'));
    assert.equal((await post('/v1/hello', bearer, hello)).statusCode, 200);
    await api.kubectl('delete', 'pod', 'short', '-n', 'runners', '--grace-period=0', '--force');
    // The token is still trusted for some seconds.
    assert.equal((await post('/v1/hello', bearer, hello)).statusCode, 409);
    await api.kubectl('run', 'short', '-n', 'runners', '--image=registry.example.com/runner:2');
    assert.equal((await post('/v1/hello', bearer, hello)).statusCode, 409);
    const annotations = await api.kubectl(
      'get',
      'pod',
      'short',
      '-n',
      'runners',
      '-o',
      'jsonpath={.metadata.annotations}',
    );
    assert.doesNotMatch(annotations, /sensor-status/);
  });
});

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request as post } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { signPolicyImage } from '../crds/policy-image.ts';
import { freePort } from './agents/words/testing/free-port.ts';
import type { SensorConfig } from './config.ts';
import { countEach, type KernelEvent } from './decode/kernel-events.ts';
import { systemClock } from './export/clock.ts';
import { FakeKernel, helloEvent, statsEvent } from './lineage/testing/fake-kernel.ts';
import { Sidecar } from './sidecar.ts';

interface Request {
  path: string;
  authorization: string;
  body: string;
}

/** A gateway on loopback that remembers what it was sent, and answers as told. */
async function startGateway(answer: (request: Request, nth: number) => number = () => 200) {
  const requests: Request[] = [];
  const server = createServer(async (incoming: IncomingMessage, response) => {
    const { url = '', headers } = incoming;
    const request = { path: url, authorization: headers.authorization ?? '', body: await text(incoming) };
    requests.push(request);
    response.writeHead(answer(request, requests.length), { 'content-type': 'application/json' }).end('{}');
    server.emit('took');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const of = (path: string) => requests.filter((request) => request.path === path);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hellos: () => of('/v1/hello').map(({ body }) => JSON.parse(body)),
    findings: () => of('/v1/findings').flatMap(({ body }) => JSON.parse(body).findings),
    spans: () => of('/v1/traces').flatMap(({ body }) => spanNames(JSON.parse(body))),
    requests,
    async until(condition: () => boolean) {
      while (!condition()) await once(server, 'took');
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

type Traces = { resourceSpans: { scopeSpans: { spans: { name: string }[] }[] }[] };
const spanNames = ({ resourceSpans }: Traces) =>
  resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map(({ name }) => name)));

const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const policy = (generation: number, namespace = 'arc-runners') =>
  signPolicyImage(
    {
      version: 1,
      namespace,
      generation,
      mode: 'Audit',
      failureMode: 'Open',
      policies: [],
      egress: { default: 'Allow', rules: [] },
      trace: { processes: 'All', redact: [] },
    },
    privateKey,
  );

/** A pod's folder with token and policy, and a sensor in it. */
function startSensor(url: string, { hearsAgents = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'chaperone-sidecar-'));
  const write = (name: string, content: string) => writeFileSync(join(folder, name), content);
  write('token', 'first\n');
  write('policy', policy(1));
  const config: SensorConfig = {
    pod: { name: 'runner-1', namespace: 'arc-runners', uid: 'pod-uid', node: 'node-1' },
    gateway: { url, ca: undefined, tokenFile: join(folder, 'token') },
    policy: { file: join(folder, 'policy'), publicKey },
    diagDir: null,
    spill: null,
    terminationLog: null,
    hearsAgents,
    probeFd: 3,
  };
  const logged: string[] = [];
  const log = (_: string, message: string) => void logged.push(message);
  const flushProbe = async () => sidecar.receive({ kind: 'flushed', id: 1 });
  const sidecar = new Sidecar({ config, clock: systemClock, log, flushProbe, markAgent: () => {}, agentPorts: 16 });
  return {
    sidecar,
    write,
    logged,
    async [Symbol.asyncDispose]() {
      await sidecar.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

test('the hello is sent until it is taken, with the token as it is then', async () => {
  await using gateway = await startGateway((_, nth) => (nth < 3 ? 503 : 200));
  await using sensor = startSensor(gateway.url);
  sensor.sidecar.receive(helloEvent());
  await gateway.until(() => gateway.hellos().length === 1);
  sensor.write('token', 'renewed\n');
  await gateway.until(() => gateway.hellos().length === 3);
  assert.deepEqual(
    gateway.requests.map(({ authorization }) => authorization),
    ['Bearer first', 'Bearer renewed', 'Bearer renewed'],
  );
  const [hello] = gateway.hellos();
  assert.deepEqual(
    { ...hello, policyHash: '' },
    { version: '0.1.0', armed: true, tier: 'tracepoint', kernel: '6.12.0', policyHash: '' },
  );
  assert.match(hello.policyHash, /^sha256:/);
});

test('a new policy, and one that is refused, is told by a new hello', async () => {
  await using gateway = await startGateway();
  await using sensor = startSensor(gateway.url);
  sensor.sidecar.receive(helloEvent());
  await gateway.until(() => gateway.hellos().length === 1);
  sensor.write('policy', policy(2));
  await gateway.until(() => gateway.hellos().length === 2);
  sensor.write('policy', policy(3, 'other'));
  await gateway.until(() => gateway.hellos().length === 3);
  const [first, second, third] = gateway.hellos();
  assert.notEqual(first.policyHash, second.policyHash);
  assert.equal(third.policyHash, second.policyHash);
  assert.match(third.policyError, /namespace other/);
});

function playJob(kernel: FakeKernel, end: (worker: ReturnType<FakeKernel['process']>) => void): void {
  const worker = kernel.spawn(kernel.process(), '/home/runner/bin/Runner.Worker');
  const build = kernel.spawn(worker, '/usr/bin/bash', { env: { GITHUB_ACTION: 'build', GITHUB_RUN_ID: '7' } });
  kernel.run(build, '/usr/bin/make');
  kernel.exit(build);
  end(worker);
}

test('when the job ends its spans leave at once', async () => {
  await using gateway = await startGateway();
  await using sensor = startSensor(gateway.url);
  sensor.sidecar.receive(helloEvent());
  const kernel = new FakeKernel();
  playJob(kernel, (worker) => kernel.exit(worker, 100));
  for (const event of kernel.events) sensor.sidecar.receive(event);
  await gateway.until(() => gateway.spans().length === 4);
  assert.deepEqual(gateway.spans().sort(), ['bash', 'build', 'make', 'runner-1']);
});

test('a finding leaves at once, while the process that did it runs', async () => {
  await using gateway = await startGateway();
  await using sensor = startSensor(gateway.url);
  sensor.sidecar.receive(helloEvent());
  const kernel = new FakeKernel();
  playJob(kernel, (worker) => {
    const step = kernel.spawn(worker, '/usr/bin/bash', { env: { GITHUB_ACTION: 'steal', GITHUB_RUN_ID: '7' } });
    kernel.reach(step, worker);
  });
  for (const event of kernel.events) sensor.sidecar.receive(event);
  await gateway.until(() => gateway.findings().length === 1);
  const [{ rule, severity, step }] = gateway.findings();
  assert.deepEqual([rule, severity, step.name], ['runner-memory', 'Critical', 'steal']);
});

test('at the end everything leaves, also of a job that still runs', async () => {
  await using gateway = await startGateway();
  await using sensor = startSensor(gateway.url);
  sensor.sidecar.receive(helloEvent());
  const kernel = new FakeKernel();
  playJob(kernel, () => {});
  for (const event of kernel.events) sensor.sidecar.receive(event);
  await sensor.sidecar.stop();
  assert.deepEqual(gateway.spans().sort(), ['bash', 'build', 'make', 'runner-1']);
  assert.match(sensor.logged.at(-1) ?? '', /^4 spans delivered, 0 not$/);
});

test('what was lost after the job had been told is in the log', async () => {
  await using gateway = await startGateway();
  await using sensor = startSensor(gateway.url);
  sensor.sidecar.receive(helloEvent());
  const kernel = new FakeKernel();
  playJob(kernel, (worker) => kernel.exit(worker, 100));
  for (const event of kernel.events) sensor.sidecar.receive(event);
  await gateway.until(() => gateway.spans().includes('runner-1'));
  sensor.sidecar.receive(statsEvent({ lost: countEach((each) => (each === 'exec' ? 7 : 0)), left: 2 }));
  await sensor.sidecar.stop();
  assert.ok(sensor.logged.includes('not everything that happened was told: ring 7, left 2'), sensor.logged.join('\n'));
});

test('a sensor that could not load sends the reason, in its hello and as one span', async () => {
  await using gateway = await startGateway();
  await using sensor = startSensor(gateway.url);
  sensor.sidecar.receive(helloEvent({ armed: false, tier: 'blind', reason: 'the kernel has no BTF' }));
  await gateway.until(() => gateway.hellos().length === 1);
  await sensor.sidecar.stop();
  assert.equal(gateway.hellos()[0].reason, 'the kernel has no BTF');
  assert.ok(gateway.requests.some(({ path, body }) => path === '/v1/traces' && body.includes('the kernel has no BTF')));
});

test('where the policy asks for it, an agent is heard and what it told is in the trace', async () => {
  await using gateway = await startGateway();
  await using sensor = startSensor(gateway.url, { hearsAgents: true });
  const kernel = new FakeKernel();
  const agent = kernel.spawn(kernel.process(), '/root/.local/share/claude/versions/2.1.330');
  const said = { resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'claude_code.tool', attributes: [readCall] }] }] }] };
  for (const event of [helloEvent(), ...kernel.events]) sensor.sidecar.receive(event);
  while (heardAt(sensor.logged) === undefined) await new Promise(setImmediate);
  const localPort = await freePort();
  sensor.sidecar.receive(kernel.speak(agent, localPort));
  const socket = connect({ port: Number(heardAt(sensor.logged)), host: '127.0.0.1', localPort });
  const request = post({ createConnection: () => socket, method: 'POST', path: '/v1/traces', headers: jsonContent });
  request.end(JSON.stringify(said));
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  assert.equal(response.statusCode, 200);
  response.resume();
  kernel.exit(agent);
  sensor.sidecar.receive(kernel.events.at(-1) as KernelEvent);
  await sensor.sidecar.stop();
  assert.ok(gateway.spans().includes('execute_tool Read'), gateway.spans().join());
});

const readCall = { key: 'tool_name', value: { stringValue: 'Read' } };
const jsonContent = { 'content-type': 'application/json' };

function heardAt(logged: readonly string[]): string | undefined {
  return logged
    .map((line) => /heard at http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1])
    .find((port) => port !== undefined);
}

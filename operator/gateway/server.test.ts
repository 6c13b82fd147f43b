import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import { after, describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import fastCheck from 'fast-check';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { Agent, request } from 'undici';
import type { Finding } from '../../crds/finding.ts';
import { findingSchema } from '../../crds/finding-schema.ts';
import { aFinding } from '../alerts/testing/findings.ts';
import { createAuthority, issueLeaf } from '../certificates/authority.ts';
import type { TokenReviewStatus } from '../kube/client.ts';
import { systemClock } from '../runtime/clock.ts';
import { DEFAULT_LIMITS, type GatewayLimits } from './admit.ts';
import { createBackend } from './backend.ts';
import type { PodIdentity } from './identity.ts';
import { createGatewayServer, type GatewayTimeouts } from './server.ts';

const authority = await createAuthority(Date.now());
const certificate = await issueLeaf(authority, ['localhost'], Date.now());
const agent = new Agent({ connect: { ca: authority.certificate, servername: 'localhost' } });
after(() => agent.close());

/** An unsigned token in a JWT's form; the stub of the API server believes it. */
function tokenOf(pod: string, audience = 'chaperone-gateway', account = 'runners:default'): string {
  const part = (claims: object): string => Buffer.from(JSON.stringify(claims)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ pod, aud: audience, account, exp: Math.floor(Date.now() / 1000) + 3600 })}.x`;
}

async function reviewToken(token: string): Promise<TokenReviewStatus> {
  const { pod, aud, account } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  const extra = {
    'authentication.kubernetes.io/pod-name': [pod],
    'authentication.kubernetes.io/pod-uid': [`uid-of-${pod}`],
    'authentication.kubernetes.io/node-name': ['node-1'],
  };
  return { authenticated: true, audiences: [aud], user: { username: `system:serviceaccount:${account}`, extra } };
}

interface Received {
  headers: IncomingMessage['headers'];
  body: { resourceSpans: { resource: { attributes: { key: string; value: unknown }[] }; scopeSpans: unknown[] }[] };
}

async function startBackend(answer: RequestListener = (_request, response) => response.end('{}')) {
  const received: Received[] = [];
  const server: Server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    received.push({ headers: incoming.headers, body: JSON.parse(Buffer.concat(chunks).toString()) });
    answer(incoming, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, received, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

interface Options {
  answer?: RequestListener;
  limits?: Partial<GatewayLimits>;
  findingsLimits?: Partial<GatewayLimits>;
  timeouts?: GatewayTimeouts;
  review?: typeof reviewToken;
}

async function startGateway(options: Options = {}) {
  const { server, received, endpoint } = await startBackend(options.answer);
  const statuses: { pod: PodIdentity; status: string }[] = [];
  const taken: { pod: PodIdentity; findings: readonly Finding[] }[] = [];
  const registry = new Registry();
  const headers = async () => ({ authorization: 'Bearer of-the-back-end' });
  const backend = createBackend({ endpoint, headers, clock: systemClock });
  const gateway = createGatewayServer({
    certificate,
    reviewToken: options.review ?? reviewToken,
    backend,
    namespace: 'chaperone-system',
    writeSensorStatus: async (pod, status) => {
      statuses.push({ pod, status });
    },
    takeFindings: async (pod, findings) => {
      taken.push({ pod, findings });
    },
    registry,
    log: pino({ level: 'silent' }),
    clock: systemClock,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    ...(options.findingsLimits && { findingsLimits: { ...DEFAULT_LIMITS, ...options.findingsLimits } }),
    ...(options.timeouts === undefined ? {} : { timeouts: options.timeouts }),
  });
  const port = await gateway.listen(0, '127.0.0.1');
  const post = (path: string, body: string | Buffer, headers: Record<string, string> = {}) =>
    request(`https://127.0.0.1:${port}${path}`, {
      method: 'POST',
      dispatcher: agent,
      headers: { authorization: `Bearer ${tokenOf('runner-1')}`, 'content-type': 'application/json', ...headers },
      body,
    });
  const stop = async (): Promise<void> => {
    await gateway.close();
    await backend.close();
    server.closeAllConnections();
    server.close();
  };
  return { gateway, port, post, received, statuses, taken, registry, stop, [Symbol.asyncDispose]: stop };
}

function traces(attributes: { key: string; value: unknown }[] = [], spans = 1): string {
  const span = (index: number) => ({
    traceId: '0bd0afbe17036e89e4a05c993dace1da',
    spanId: (index + 1).toString(16).padStart(16, '0'),
    name: 'Run tests',
    startTimeUnixNano: '1795362598000000001',
    attributes: [{ key: 'process.pid', value: { intValue: 42 } }],
  });
  const scopeSpans = [
    { scope: { name: 'chaperone' }, spans: Array.from({ length: spans }, (_, index) => span(index)) },
  ];
  return JSON.stringify({ resourceSpans: [{ resource: { attributes }, scopeSpans }] });
}

describe('spans', () => {
  test("reach the back end with the pod's own attributes, its credential and everything else as sent", async () => {
    await using gateway = await startGateway();
    const answer = await gateway.post('/v1/traces', traces([{ key: 'service.name', value: { stringValue: 'web' } }]));
    assert.equal(answer.statusCode, 200);
    assert.deepEqual(await answer.body.json(), {});
    const [received] = gateway.received;
    assert.equal(received?.headers.authorization, 'Bearer of-the-back-end');
    const sent = JSON.parse(traces());
    assert.deepEqual(received?.body.resourceSpans[0]?.scopeSpans, sent.resourceSpans[0].scopeSpans);
    assert.deepEqual(received?.body.resourceSpans[0]?.resource.attributes, [
      { key: 'service.name', value: { stringValue: 'web' } },
      { key: 'k8s.namespace.name', value: { stringValue: 'runners' } },
      { key: 'k8s.pod.name', value: { stringValue: 'runner-1' } },
      { key: 'k8s.pod.uid', value: { stringValue: 'uid-of-runner-1' } },
      { key: 'k8s.node.name', value: { stringValue: 'node-1' } },
    ]);
  });

  test('cannot be written in the name of another pod', async () => {
    await using gateway = await startGateway();
    const forged = ['k8s.pod.name', 'k8s.pod.uid', 'k8s.cluster.name'].map((key) => ({
      key,
      value: { stringValue: 'other' },
    }));
    await gateway.post('/v1/traces', traces(forged));
    assert.doesNotMatch(JSON.stringify(gateway.received), /other/);
  });

  test('cannot be forged beside the resource, nor under a name that only receivers read', async () => {
    await using gateway = await startGateway();
    const attributes = [{ key: 'k8s.pod.name', value: { stringValue: 'other' } }];
    const request = JSON.parse(traces());
    const [{ scopeSpans }] = request.resourceSpans;
    scopeSpans[0].scope.attributes = attributes;
    Object.assign(scopeSpans[0].spans[0], { attributes, events: [{ name: 'exec', attributes }] });
    const forged = [{ resource: { attributes }, scope_spans: scopeSpans }];
    request.resourceSpans[0].scope_spans = forged;
    const answer = await gateway.post('/v1/traces', JSON.stringify({ ...request, resource_spans: forged }));
    assert.equal(answer.statusCode, 200);
    assert.doesNotMatch(JSON.stringify(gateway.received), /other|scope_spans|resource_spans/);
  });

  test("carry a back end's partial success back", async () => {
    const partial = { partialSuccess: { rejectedSpans: '1', errorMessage: 'too old' } };
    await using gateway = await startGateway({ answer: (_, response) => response.end(JSON.stringify(partial)) });
    const answer = await gateway.post('/v1/traces', traces());
    assert.deepEqual(await answer.body.json(), partial);
  });

  const answers = [
    { backend: 400, status: 400 },
    { backend: 413, status: 413 },
    { backend: 429, retry: '7', status: 429, retryAfter: '7' },
    { backend: 503, retry: '2', status: 503, retryAfter: '2' },
    { backend: 500, status: 503, retryAfter: '5' },
    { backend: 401, status: 503, retryAfter: '5' },
    { backend: 404, status: 503, retryAfter: '5' },
  ];
  for (const { backend, retry, status, retryAfter } of answers) {
    test(`are answered with ${status} when the back end says ${backend}`, async () => {
      await using gateway = await startGateway({
        answer: (_, response) => response.writeHead(backend, retry === undefined ? {} : { 'retry-after': retry }).end(),
      });
      const answer = await gateway.post('/v1/traces', traces());
      assert.deepEqual([answer.statusCode, answer.headers['retry-after']], [status, retryAfter]);
    });
  }

  test('are not taken by a back end that answers 200 with something that is not OTLP', async () => {
    await using gateway = await startGateway({ answer: (_, response) => response.end('<html>Sign in</html>') });
    const answer = await gateway.post('/v1/traces', traces());
    assert.deepEqual([answer.statusCode, answer.headers['retry-after']], [503, '5']);
  });

  test('wait while the back end is away', async () => {
    await using gateway = await startGateway({ answer: (_, response) => response.destroy() });
    const answer = await gateway.post('/v1/traces', traces());
    assert.deepEqual([answer.statusCode, answer.headers['retry-after']], [503, '5']);
  });

  test('that are too many or too large are refused with 413', async () => {
    await using gateway = await startGateway();
    assert.equal((await gateway.post('/v1/traces', traces([], 10_001))).statusCode, 413);
    assert.equal((await gateway.post('/v1/traces', Buffer.alloc(4 * 1024 * 1024 + 1, ' '))).statusCode, 413);
    assert.equal(gateway.received.length, 0);
  });
});

describe('a token', () => {
  test('of another audience, of no pod or of no form is refused with 401', async () => {
    await using gateway = await startGateway();
    for (const authorization of [
      '',
      'Bearer',
      'Bearer \u00e9',
      `Bearer ${tokenOf('x', 'other')}`,
      `Bearer ${tokenOf('')}`,
    ]) {
      assert.equal((await gateway.post('/v1/traces', traces(), { authorization })).statusCode, 401, authorization);
    }
  });

  test('is reviewed once while it is trusted, also when it comes many times at once', async () => {
    let reviews = 0;
    await using gateway = await startGateway({
      review: (token) => {
        reviews += 1;
        return reviewToken(token);
      },
      limits: { requestsPerPod: 100 },
    });
    const answers = await Promise.all(Array.from({ length: 20 }, () => gateway.post('/v1/traces', traces())));
    assert.deepEqual([...new Set(answers.map(({ statusCode }) => statusCode))], [200]);
    assert.equal(reviews, 1);
  });

  test('that cannot be reviewed now is answered with 503', async () => {
    await using gateway = await startGateway({ review: () => Promise.reject(new Error('API server away')) });
    const answer = await gateway.post('/v1/traces', traces());
    assert.deepEqual([answer.statusCode, answer.headers['retry-after']], [503, '5']);
  });
});

describe('a hello', () => {
  const hello = {
    version: '0.1.0',
    armed: false,
    tier: 'tracepoint',
    kernel: '6.18',
    policyHash: `sha256:${'a'.repeat(64)}`,
  };

  test('becomes the status of the pod that sent it, without control characters', async () => {
    await using gateway = await startGateway();
    const answer = await gateway.post('/v1/hello', JSON.stringify({ ...hello, reason: 'no\u001b[31m BTF\u202e' }));
    assert.equal(answer.statusCode, 200);
    const [written] = gateway.statuses;
    assert.equal(written?.pod.uid, 'uid-of-runner-1');
    const { at, ...status } = JSON.parse(written?.status ?? '');
    assert.ok(Date.parse(at) > 0);
    assert.deepEqual(status, { ...hello, reason: 'no [31m BTF ' });
  });

  test('that is too long or of another form is refused', async () => {
    await using gateway = await startGateway();
    assert.equal(
      (await gateway.post('/v1/hello', JSON.stringify({ ...hello, reason: 'x'.repeat(9000) }))).statusCode,
      413,
    );
    assert.equal((await gateway.post('/v1/hello', JSON.stringify({ ...hello, policyHash: 'md5' }))).statusCode, 400);
    assert.equal((await gateway.post('/v1/hello', 'armed')).statusCode, 400);
  });
});

describe('findings', () => {
  const findings = (...list: unknown[]) => JSON.stringify({ findings: list });

  test('are taken as those of the pod whose token came with them', async () => {
    await using gateway = await startGateway();
    const answer = await gateway.post('/v1/findings', findings(aFinding(1), aFinding(2)));
    assert.deepEqual([answer.statusCode, await answer.body.json()], [200, {}]);
    const [taken] = gateway.taken;
    assert.equal(taken?.pod.uid, 'uid-of-runner-1');
    assert.deepEqual(taken?.findings, [
      aFinding(1, { time: taken?.findings[0]?.time ?? '' }),
      aFinding(2, { time: taken?.findings[1]?.time ?? '' }),
    ]);
  });

  test('lose their control and invisible characters', async () => {
    await using gateway = await startGateway();
    const text = 'rm\u001b[2J \u202e\u2028\ud800x';
    await gateway.post('/v1/findings', findings(aFinding(1, { text, processes: ['a\nb'] })));
    const [finding] = gateway.taken[0]?.findings ?? [];
    assert.deepEqual([finding?.text, finding?.processes], ['rm [2J   \ufffdx', ['a b']]);
  });

  test('of another form, too many or too large are refused', async () => {
    await using gateway = await startGateway();
    const many = Array.from({ length: 65 }, (_, index) => aFinding(index + 1));
    const status = async (body: string) => (await gateway.post('/v1/findings', body)).statusCode;
    assert.equal(await status(findings(...many)), 413);
    assert.equal(await status(findings(aFinding(1)).padEnd(128 * 1024 + 1)), 413);
    assert.equal(await status('[]'), 400);
    assert.equal(await status(findings({ ...aFinding(1), pod: 'other' })), 400);
    assert.deepEqual(gateway.taken, []);
  });

  test('that are malformed do not take the others with them, and are told of', async () => {
    await using gateway = await startGateway();
    const answer = await gateway.post('/v1/findings', findings(aFinding(1, { text: 'x'.repeat(2049) }), aFinding(2)));
    assert.equal(answer.statusCode, 200);
    assert.match(await answer.body.text(), /"rejectedFindings":1/);
    assert.deepEqual(
      gateway.taken[0]?.findings.map(({ id }) => id),
      [aFinding(2).id],
    );
  });

  const dead = { namespace: 'runners', name: 'killed', uid: 'uid-of-killed', node: 'node-1' };
  const lastWords = JSON.stringify({ pod: dead, findings: [aFinding(1)] });
  const asAccount = (account: string) => ({
    authorization: `Bearer ${tokenOf('operator-1', 'chaperone-gateway', account)}`,
  });

  test('of a pod whose sensor was killed are taken from the operator', async () => {
    await using gateway = await startGateway();
    const account = asAccount('chaperone-system:chaperone-operator');
    assert.equal((await gateway.post('/v1/last-words', lastWords, account)).statusCode, 200);
    const [{ pod, findings: taken } = { pod: null, findings: [] }] = gateway.taken;
    assert.deepEqual(pod, { ...dead, serviceAccount: '' });
    assert.deepEqual(
      taken.map(({ id }) => id),
      [aFinding(1).id],
    );
  });

  test('of another pod are taken from nobody else, and of no other form', async () => {
    await using gateway = await startGateway();
    const status = async (account: string, body = lastWords) =>
      (await gateway.post('/v1/last-words', body, asAccount(account))).statusCode;
    for (const account of ['runners:default', 'runners:chaperone-operator', 'chaperone-system:chaperone-gateway'])
      assert.equal(await status(account), 403);
    for (const body of ['{}', lastWords.replace('"uid"', '"id"'), JSON.stringify({ pod: dead, findings: [{}] })])
      assert.equal(await status('chaperone-system:chaperone-operator', body), 400);
    assert.deepEqual(gateway.taken, []);
  });

  test('of a pod without a token are refused', async () => {
    await using gateway = await startGateway();
    assert.equal((await gateway.post('/v1/findings', findings(aFinding()), { authorization: '' })).statusCode, 401);
  });

  test('have a share of their own: neither a back end that hangs nor the many spans of the pod hold them up', async () => {
    const held: (() => void)[] = [];
    await using gateway = await startGateway({
      answer: (_, response) => held.push(() => response.end('{}')),
      limits: { requests: 1, requestsPerPod: 1 },
    });
    const spans = gateway.post('/v1/traces', traces());
    while (held.length === 0) await new Promise(setImmediate);
    assert.equal((await gateway.post('/v1/traces', traces())).statusCode, 429);
    assert.equal((await gateway.post('/v1/findings', findings(aFinding()))).statusCode, 200);
    held[0]?.();
    assert.equal((await spans).statusCode, 200);
  });

  test('of a pod that sends more than its share are told to wait', async () => {
    await using gateway = await startGateway({ findingsLimits: { requestsPerSecond: 0.001, burstSeconds: 1000 } });
    const first = await gateway.post('/v1/findings', findings(aFinding()));
    const second = await gateway.post('/v1/findings', findings(aFinding()));
    assert.deepEqual([first.statusCode, second.statusCode, second.headers['retry-after']], [200, 429, '1000']);
  });
});

describe('a limit', () => {
  const short = { handshake: 200, headers: 200, request: 400 };

  test('holds a pod to its rate and leaves others theirs', async () => {
    await using gateway = await startGateway({ limits: { requestsPerSecond: 0.001, burstSeconds: 2000 } });
    const statuses = [];
    for (let turn = 0; turn < 3; turn++) statuses.push((await gateway.post('/v1/traces', traces())).statusCode);
    assert.deepEqual(statuses, [200, 200, 429]);
    const other = await gateway.post('/v1/traces', traces(), { authorization: `Bearer ${tokenOf('runner-2')}` });
    assert.equal(other.statusCode, 200);
  });

  test('of requests in flight turns the next one away and gives places back', async () => {
    const held: (() => void)[] = [];
    await using gateway = await startGateway({
      answer: (_, response) => held.push(() => response.end('{}')),
      limits: { requests: 3 },
    });
    const first = [gateway.post('/v1/traces', traces()), gateway.post('/v1/traces', traces())];
    while (held.length < 2) await new Promise(setImmediate);
    const turnedAway = await gateway.post('/v1/traces', traces());
    assert.deepEqual([turnedAway.statusCode, turnedAway.headers['retry-after']], [429, '1']);
    for (const release of held.splice(0)) release();
    await Promise.all(first);
    const next = gateway.post('/v1/traces', traces());
    while (held.length < 1) await new Promise(setImmediate);
    for (const release of held) release();
    assert.equal((await next).statusCode, 200);
  });

  test('of connections from one address ends the next one at once, and none that is there', async () => {
    await using gateway = await startGateway({ limits: { connectionsPerAddress: 2 } });
    const connect = () => connectTcp(gateway.port, '127.0.0.1').on('error', () => undefined);
    const [first, second] = [connect(), connect()];
    await Promise.all([once(first, 'connect'), once(second, 'connect')]);
    await once(connect().resume(), 'close');
    assert.deepEqual([first.destroyed, second.destroyed], [false, false]);
    first.destroy();
    await once(first, 'close');
    second.destroy();
    await once(second, 'close');
  });

  test('of time ends a connection that sends its headers too slowly', async () => {
    await using gateway = await startGateway({ timeouts: short });
    const socket = connectTls({
      port: gateway.port,
      host: '127.0.0.1',
      ca: authority.certificate,
      servername: 'localhost',
    });
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    socket.write('POST /v1/traces HTTP/1.1\r\n');
    const [data] = await once(socket, 'data');
    assert.match(String(data), /^HTTP\/1\.1 408 /);
    await once(socket, 'close');
  });

  test('of time ends a connection that sends its body too slowly, and gives its room back', async () => {
    await using gateway = await startGateway({ timeouts: short, limits: { requests: 1 } });
    const socket = connectTls({
      port: gateway.port,
      host: '127.0.0.1',
      ca: authority.certificate,
      servername: 'localhost',
    });
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    const head = `POST /v1/traces HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${tokenOf('slow')}\r\n`;
    socket.write(`${head}content-type: application/json\r\ncontent-length: 1000\r\n\r\n{`);
    await once(socket.resume(), 'close');
    assert.equal((await gateway.post('/v1/traces', traces())).statusCode, 200);
  });

  test('of time ends a connection that never begins its handshake', async () => {
    await using gateway = await startGateway({ timeouts: short });
    const socket = connectTcp(gateway.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket.resume(), 'close');
  });
});

describe('hostile bytes', () => {
  test('in a body never get an answer of 500 and never reach the back end malformed', async () => {
    await using gateway = await startGateway({ limits: { requestsPerSecond: 1e6, bytesPerSecond: 1e9 } });
    const mutated = fastCheck.tuple(fastCheck.nat(600), fastCheck.string({ maxLength: 8 })).map(([at, text]) => {
      const whole = traces([{ key: 'k8s.pod.name', value: {} }]);
      return whole.slice(0, at) + text + whole.slice(at + text.length);
    });
    const bodies = fastCheck.oneof(
      fastCheck.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fastCheck.json(),
      mutated,
    );
    await fastCheck.assert(
      fastCheck.asyncProperty(
        bodies,
        fastCheck.constantFrom('/v1/traces', '/v1/hello', '/v1/findings'),
        async (body, path) => {
          const answer = await gateway.post(path, body);
          await answer.body.dump();
          assert.ok([200, 400].includes(answer.statusCode), String(answer.statusCode));
        },
      ),
      { numRuns: 300 },
    );
    for (const { body } of gateway.received) {
      for (const { resource } of body.resourceSpans) assert.equal(resource.attributes.at(-1)?.key, 'k8s.node.name');
    }
  });

  test('in a finding never get an answer of 500, and nothing comes in that is longer or of another form', async () => {
    await using gateway = await startGateway({ findingsLimits: { requestsPerSecond: 1e6, bytesPerSecond: 1e9 } });
    const whole = JSON.stringify({ findings: [aFinding(1), aFinding(2)] });
    const text = fastCheck.string({ unit: 'binary', maxLength: 40 });
    const mutated = fastCheck
      .tuple(fastCheck.nat(whole.length), fastCheck.nat(20), text)
      .map(([at, less, more]) => whole.slice(0, at) + more + whole.slice(at + less));
    const replaced = fastCheck
      .tuple(fastCheck.constantFrom(...Object.keys(aFinding())), fastCheck.jsonValue())
      .map(([key, value]) => JSON.stringify({ findings: [{ ...aFinding(), [key]: value }] }));
    await fastCheck.assert(
      fastCheck.asyncProperty(fastCheck.oneof(mutated, replaced), async (body) => {
        const answer = await gateway.post('/v1/findings', body);
        await answer.body.dump();
        assert.ok([200, 400].includes(answer.statusCode), String(answer.statusCode));
      }),
      { numRuns: 300 },
    );
    const came = gateway.taken.flatMap(({ findings }) => findings);
    assert.ok(came.length > 0);
    for (const finding of came) assert.deepEqual(findingSchema.parse(finding), finding);
    assert.doesNotMatch(came.map(({ text }) => text).join(), /[\p{Cc}\p{Cf}]/u);
  });

  test('nested a hundred thousand deep do not end the gateway', async () => {
    await using gateway = await startGateway();
    const deep = `{"resourceSpans":[{"x":${'['.repeat(100_000)}${']'.repeat(100_000)},"scopeSpans":[]}]}`;
    assert.ok((await gateway.post('/v1/traces', deep)).statusCode < 500);
    assert.equal((await gateway.post('/v1/traces', traces())).statusCode, 200);
  });
});

describe('the server', () => {
  test('answers what is in flight before it ends', async () => {
    const held: (() => void)[] = [];
    const gateway = await startGateway({ answer: (_, response) => held.push(() => response.end('{}')) });
    const answer = gateway.post('/v1/traces', traces());
    while (held.length === 0) await new Promise(setImmediate);
    const stopped = gateway.stop();
    assert.equal(gateway.gateway.isReady(), false);
    for (const release of held) release();
    assert.equal((await answer).statusCode, 200);
    await stopped;
  });

  test('serves a new certificate to new connections', async () => {
    await using gateway = await startGateway();
    const next = await issueLeaf(authority, ['localhost'], Date.now());
    gateway.gateway.setCertificate(next);
    const socket = connectTls({
      port: gateway.port,
      host: '127.0.0.1',
      ca: authority.certificate,
      servername: 'localhost',
    });
    await once(socket, 'secureConnect');
    assert.equal(socket.getPeerX509Certificate()?.toString(), next.certificate);
    socket.destroy();
  });

  test('counts requests, spans, bytes and refusals', async () => {
    await using gateway = await startGateway();
    await gateway.post('/v1/traces', traces([], 3));
    await gateway.post('/v1/traces', '{');
    const text = await gateway.registry.metrics();
    assert.match(text, /chaperone_gateway_spans_total 3/);
    assert.match(text, /chaperone_gateway_refusals_total\{reason="traces-malformed"\} 1/);
    assert.match(text, /chaperone_gateway_backend_seconds_count 1/);
  });
});

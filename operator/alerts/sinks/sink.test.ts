import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect, createServer } from 'node:net';
import { describe, test } from 'node:test';
import { Registry } from 'prom-client';
import type { Alert } from '../../../crds/alert.ts';
import { ChaperoneError } from '../../../crds/errors.ts';
import { type Clock, systemClock } from '../../runtime/clock.ts';
import { createManualClock, type ManualClock, until } from '../../runtime/testing/clocks.ts';
import { silentLog } from '../../runtime/testing/observers.ts';
import { createFindingMetrics } from '../metrics.ts';
import { anAlert } from '../testing/alerts.ts';
import { type SinkServer, startSinkServer } from '../testing/sink-server.ts';
import { createPoster } from './post.ts';
import { createSink, type SinkOptions } from './sink.ts';

/** A sink that posts over real connections to a real server. Time between tries stands still unless the test moves it. */
async function aSink(options: Partial<SinkOptions> = {}) {
  const server = await startSinkServer();
  const clock: Clock = options.clock ?? createManualClock(Date.now());
  const registry = new Registry();
  const poster = createPoster({ now: () => clock.now() });
  const troubles: string[] = [];
  const sink = createSink({
    name: 'cluster/test',
    capacity: 500,
    room: { waiting: 0, most: 500 },
    readTarget: async () => ({ kind: 'webhook', url: new URL(server.url) }),
    post: poster.post,
    clock,
    random: () => 0.5,
    log: silentLog,
    metrics: createFindingMetrics(registry),
    onTrouble: (reason, why) => troubles.push(`${reason}: ${why}`),
    ...options,
  });
  const figure = async (name: string): Promise<number> =>
    Number(new RegExp(`^chaperone_gateway_${name} (\\S+)$`, 'm').exec(await registry.metrics())?.[1] ?? 0);
  return {
    sink,
    server,
    troubles,
    clock: clock as ManualClock,
    tries: () => server.arrived.length,
    total: (result: string) => figure(`alerts_total{sink="cluster/test",result="${result}"}`),
    figure,
    async [Symbol.asyncDispose]() {
      await sink.stop(0);
      await poster.close();
      await server.close();
    },
  };
}

const status = (code: number, headers: Record<string, string> = {}): SinkServer['answer'] => {
  return (_request, response) => response.writeHead(code, headers).end();
};

/** The sink waits for its next try, or for nothing. */
const rests = (clock: ManualClock) => until(() => clock.pending() > 0);

describe('an alert', () => {
  for (const [name, answer] of [
    ['an answer of 500', status(500)],
    ['an answer of 404, which a new Secret may mend', status(404)],
    ['a connection that is reset', (request) => request.socket.destroy()],
    ['a redirect, which is not followed', status(302, { location: '/other' })],
  ] as [string, SinkServer['answer']][]) {
    test(`is sent again after ${name}, by the same id`, async () => {
      await using rig = await aSink();
      rig.server.answer = answer;
      rig.sink.offer(anAlert());
      await rests(rig.clock);
      assert.equal(rig.tries(), 1);
      rig.server.answer = status(204);
      await rig.clock.advance(1_000);
      await until(() => rig.tries() === 2);
      const ids = rig.server.arrived.map(({ headers }) => headers['webhook-id']);
      assert.deepEqual(ids, [anAlert().id, anAlert().id]);
      assert.ok(rig.server.arrived.every(({ path }) => path === '/hook'));
      while ((await rig.total('sent')) === 0) await new Promise(setImmediate);
      assert.deepEqual([await rig.total('retried'), await rig.total('dead')], [1, 0]);
    });
  }

  test('is sent again when the sink asks for it, and not sooner', async () => {
    await using rig = await aSink();
    rig.server.answer = status(429, { 'retry-after': '90' });
    rig.sink.offer(anAlert());
    await rests(rig.clock);
    await rig.clock.advance(89_999);
    assert.equal(rig.tries(), 1);
    await rig.clock.advance(1_500);
    await until(() => rig.tries() === 2);
  });

  test('waits longer with each failure, a minute at most', async () => {
    await using rig = await aSink();
    rig.server.answer = status(503);
    rig.sink.offer(anAlert());
    const waits: number[] = [];
    for (let tries = 1; tries <= 9; tries += 1) {
      await until(() => rig.tries() === tries);
      await rests(rig.clock);
      const from = rig.clock.now();
      while (rig.clock.pending() > 0 && rig.tries() === tries) await rig.clock.advance(250);
      waits.push(Math.round((rig.clock.now() - from) / 1000));
    }
    assert.deepEqual(waits, [1, 2, 3, 6, 12, 24, 45, 45, 45]);
  });

  test('is dead when the sink was gone for an hour, and said to be once; the next one is delivered', async () => {
    await using rig = await aSink();
    rig.server.answer = status(503);
    rig.sink.offer(anAlert(1));
    while (rig.troubles.length === 0) {
      await until(() => rig.clock.pending() > 0 || rig.troubles.length > 0);
      await rig.clock.advance(60_000);
    }
    assert.deepEqual(rig.troubles, ['AlertLost: it answered 503']);
    assert.equal(await rig.total('dead'), 1);
    rig.server.answer = status(200);
    rig.sink.offer(anAlert(2));
    await until(() => rig.server.arrived.at(-1)?.headers['webhook-id'] === anAlert(2).id);
  });

  test('that the sink refuses for good is dead at once and holds up no other', async () => {
    await using rig = await aSink();
    rig.server.answer = (_request, response: ServerResponse) => response.writeHead(rig.tries() === 1 ? 422 : 200).end();
    for (const n of [1, 2]) rig.sink.offer(anAlert(n));
    await until(() => rig.tries() === 2);
    assert.deepEqual(rig.troubles, ['AlertLost: it answered 422']);
  });

  test('waits for a Secret that is missing, and goes where it leads once it is there', async () => {
    const target: { url?: URL } = {};
    await using rig = await aSink({
      readTarget: async () => {
        if (target.url === undefined) throw new ChaperoneError('sink-secret-unusable', 'there is no Secret');
        return { kind: 'webhook', url: target.url };
      },
    });
    rig.sink.offer(anAlert());
    await rests(rig.clock);
    assert.deepEqual(rig.troubles, ['AlertSinkNotReady: there is no Secret']);
    target.url = new URL(rig.server.url);
    await rig.clock.advance(1_000);
    await until(() => rig.tries() === 1);
  });

  test('that is the worst goes first when the sink is back', async () => {
    await using rig = await aSink();
    rig.server.answer = status(500);
    rig.sink.offer(anAlert(1, { severity: 'Medium' }));
    await rests(rig.clock);
    for (const [n, severity] of [
      [2, 'Medium'],
      [3, 'Critical'],
      [4, 'High'],
    ] as const)
      rig.sink.offer(anAlert(n, { severity }));
    assert.equal(await rig.figure('alerts_waiting{sink="cluster/test"}'), 4);
    rig.server.answer = status(200);
    await rig.clock.advance(1_000);
    await until(() => rig.tries() === 5);
    assert.deepEqual(
      rig.server
        .alerts()
        .slice(1)
        .map(({ finding }) => Number(finding.id)),
      [3, 4, 2, 1],
    );
  });

  test('that the sink never takes, whatever its firewall dislikes in it, holds up no other', async () => {
    await using rig = await aSink();
    rig.server.answer = (_request, response: ServerResponse) => {
      const isDisliked = rig.server.arrived.at(-1)?.headers['webhook-id'] === anAlert(1).id;
      response.writeHead(isDisliked ? 403 : 200).end();
    };
    for (const n of [1, 2, 3]) rig.sink.offer(anAlert(n));
    await rests(rig.clock);
    await rig.clock.advance(1_000);
    await until(() => rig.tries() === 4);
    assert.deepEqual(
      rig.server.alerts().map(({ finding }) => Number(finding.id)),
      [1, 2, 3, 1],
    );
  });

  test('of one namespace finds room and its turn, however many wait of another one', async () => {
    await using rig = await aSink({ capacity: 20 });
    rig.server.answer = status(500);
    const of = (namespace: string, n: number): Alert => ({ ...anAlert(n), pod: { ...anAlert().pod, namespace } });
    for (let n = 1; n <= 30; n += 1) rig.sink.offer(of('loud', n));
    rig.sink.offer(of('quiet', 99));
    await rests(rig.clock);
    rig.server.answer = status(200);
    await rig.clock.advance(1_000);
    await until(() => rig.tries() === 21);
    const arrived = rig.server.alerts().map(({ finding }) => Number(finding.id.replace(/^0+/, '0x')));
    assert.ok(arrived.slice(1, 3).includes(99));
  });

  test('beyond what may wait costs the newest of the least severe', async () => {
    await using rig = await aSink({ capacity: 2 });
    rig.server.answer = status(500);
    rig.sink.offer(anAlert(1));
    await rests(rig.clock);
    for (const [n, severity] of [
      [2, 'Low'],
      [3, 'High'],
      [4, 'Critical'],
      [5, 'Low'],
    ] as const)
      rig.sink.offer(anAlert(n, { severity }));
    assert.deepEqual([await rig.total('dead'), rig.troubles.length], [3, 3]);
    rig.server.answer = status(200);
    await rig.clock.advance(1_000);
    await until(() => rig.tries() === 3);
    assert.deepEqual(
      rig.server
        .alerts()
        .slice(1)
        .map(({ finding }) => Number(finding.id)),
      [4, 1],
    );
  });

  test('that waits when the gateway ends is tried once more, and counted when that fails', async () => {
    await using rig = await aSink();
    rig.server.answer = status(500);
    rig.sink.offer(anAlert(1));
    await rests(rig.clock);
    rig.server.answer = status(200);
    rig.sink.offer(anAlert(2));
    await rig.sink.stop(60_000);
    assert.deepEqual([await rig.total('sent'), await rig.total('dead')], [2, 0]);
    rig.sink.offer(anAlert(3));
    assert.equal(await rig.total('dead'), 1);
  });

  test('for a sink that never answers holds up none for another sink', async () => {
    await using stuck = await aSink({ clock: systemClock });
    await using other = await aSink({ clock: systemClock });
    stuck.server.answer = () => {};
    for (const n of [1, 2, 3]) {
      stuck.sink.offer(anAlert(n));
      other.sink.offer(anAlert(n));
    }
    await until(() => other.tries() === 3);
    assert.equal(stuck.tries(), 1);
  });
});

describe('the time limit', () => {
  async function outcomeOf(answer: SinkServer['answer']) {
    const server = await startSinkServer();
    server.answer = answer;
    const poster = createPoster({ now: Date.now, timeoutMs: 200 });
    const outcome = await poster.post(new URL(server.url), { headers: {}, body: '{}' });
    await poster.close();
    await server.close();
    return outcome;
  }

  test('ends a try of a sink that never answers', async () => {
    assert.deepEqual(await outcomeOf(() => {}), { result: 'failed', why: 'it did not answer in time' });
  });

  test('ends the reading of an answer that never ends, and takes its status for the answer', async () => {
    const outcome = await outcomeOf((_request, response: ServerResponse) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write('.'), 20);
      response.once('close', () => clearInterval(drip));
    });
    assert.deepEqual(outcome, { result: 'sent' });
  });

  test('leaves an answer that is too long unread', async () => {
    assert.deepEqual(await outcomeOf((_request, response) => response.end('x'.repeat(1 << 20))), { result: 'sent' });
  });

  test('is not needed where nobody listens', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as { port: number };
    probe.close();
    await once(probe, 'close');
    await assert.rejects(once(connect(port, '127.0.0.1'), 'connect'));
    const poster = createPoster({ now: Date.now });
    const outcome = await poster.post(new URL(`http://127.0.0.1:${port}/`), { headers: {}, body: '{}' });
    assert.deepEqual(outcome, { result: 'failed', why: 'it cannot be reached' });
    await poster.close();
  });
});

import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { type TestContext, test } from 'node:test';
import { actor } from './testing/actor.ts';
import { skip } from './testing/machine.ts';
import { observe } from './testing/observe.ts';

async function listen(context: TestContext): Promise<number> {
  const server: Server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
  context.after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  return (server.address() as { port: number }).port;
}

test('what is accepted outside the observed cgroup is not told, the connection to it is', { skip }, async (context) => {
  const port = await listen(context);
  const { connects, accepts } = await observe((run) => run([actor, 'connect', '4', 'tcp', `${port}`]));
  assert.deepEqual([connects.map((connect) => connect.port), accepts], [[port], []]);
});

test('sockets beyond those that are followed at once are counted, and those after them followed again', {
  skip,
}, async () => {
  const { closes, exits, stats } = await observe(async (run) => {
    await run([actor, 'hold', `${32_768 + 100}`]);
    await run([actor, 'connect', '4', 'udp', '9']);
  });
  assert.ok(exits.every(({ code }) => code === 0));
  assert.deepEqual([stats.socketsFull, closes.length], [100, 1]);
});

test('twenty thousand connections, made and accepted by one process, are accounted for', { skip }, async () => {
  const { connects, accepts, closes, exits, stats } = await observe((run) => run([actor, 'calls', '8', '2500']));
  // On a busy machine the probe may come late to the ring: what it found no more is said, to the piece.
  const told = { connect: connects.length, accept: accepts.length, close: closes.length };
  const sum = (kind: keyof typeof told) => told[kind] + stats.lost[kind] + stats.probeDropped[kind];
  assert.deepEqual([sum('connect'), sum('accept'), sum('close')], [20_000, 20_000, 40_000]);
  assert.deepEqual([exits[0]?.code ?? 0, stats.socketsFull], [0, 0]);
});

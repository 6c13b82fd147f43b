import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { request as open } from 'node:http';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { SpeakerEvent } from '../../decode/socket-events.ts';
import { systemClock } from '../../export/clock.ts';
import { FakeKernel } from '../../lineage/testing/fake-kernel.ts';
import { claudeCodeWords } from './claude-code-words.ts';
import { openReceiver, type Receiver, type Said } from './receiver.ts';
import { Speakers } from './speakers.ts';
import { freePort } from './testing/free-port.ts';

const kernel = new FakeKernel();
const process = {
  agent: kernel.spawn(kernel.process(), '/usr/bin/claude'),
  other: kernel.spawn(kernel.process(), '/usr/bin/curl'),
  second: kernel.spawn(kernel.process(), '/usr/bin/claude'),
};

interface Setting {
  readonly receiver: Receiver;
  readonly said: Said[];
  /** Posts as one of the two processes, or as one that the kernel tells nothing of. */
  post(who: Who, body: string, options?: PostOptions): Promise<number>;
  /** Opens so many connections and says nothing. */
  hold(who: Who, count: number): Promise<void>;
}

type Who = keyof typeof process | 'nobody';

interface PostOptions {
  readonly path?: string;
  readonly headers?: Record<string, string>;
}

/** A receiver, and a kernel that tells of a connection only when it is asked for everything, and not before `told`. */
async function listen(context: TestContext, told: Promise<unknown> = Promise.resolve()): Promise<Setting> {
  const speakers = new Speakers();
  const said: Said[] = [];
  const untold: SpeakerEvent[] = [];
  const receiver = await openReceiver({
    clock: systemClock,
    speakers,
    flush: async () => {
      await told;
      for (const event of untold.splice(0)) speakers.began(event);
    },
    dialectOf: ({ image }) => (image === process.other.image ? null : claudeCodeWords),
    onSaid: (word) => said.push(word),
  });
  context.after(() => receiver.close());
  const reach = async (who: Who) => {
    const localPort = await freePort();
    if (who !== 'nobody') untold.push(kernel.speak(process[who], localPort));
    return connect({ port: receiver.port, host: '127.0.0.1', localPort }).on('error', () => {});
  };
  const post: Setting['post'] = async (who, body, { path = '/v1/traces', headers = {} } = {}) => {
    const socket = await reach(who);
    return await send(body, { createConnection: () => socket, method: 'POST', path, headers: { ...json, ...headers } });
  };
  const hold: Setting['hold'] = async (who, count) => {
    for (let i = 0; i < count; i += 1) {
      const socket = await reach(who);
      context.after(() => socket.destroy());
      await once(socket, 'connect');
    }
  };
  return { receiver, said, post, hold };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

const reset = 0;
const json = { 'content-type': 'application/json' };

function send(body: string, options: object): Promise<number> {
  return new Promise((resolve) => {
    const request = open(options, (response) => resolve(response.statusCode ?? 0));
    // Refused before all of it was sent: the answer may be lost on the way.
    request.on('error', () => resolve(reset));
    request.end(body);
  });
}

function callOf(command: string): string {
  const attributes = Object.entries({ tool_name: 'Bash', full_command: command }).map(([key, stringValue]) => ({
    key,
    value: { stringValue },
  }));
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'claude_code.tool', attributes }] }] }] });
}

test('what is said is ascribed to the process that the kernel names, also where it names it only when asked', async (context) => {
  const { said, post } = await listen(context);
  assert.deepEqual([await post('agent', callOf('ls')), await post('other', callOf('id'))], [200, 200]);
  assert.deepEqual(
    said.map(({ speaker, words }) => [speaker.image, words.map((word) => word.kind === 'call' && word.command)]),
    [
      [process.agent.image, ['ls']],
      [process.other.image, ['id']],
    ],
  );
});

test('of nobody nothing is read', async (context) => {
  const { receiver, said, post } = await listen(context);
  assert.equal(await post('nobody', callOf('ls')), 403);
  assert.deepEqual([said, receiver.account.unknown], [[], 1]);
});

test('what is too long, too much, no JSON or packed is refused and counted, and the agent goes on', async (context) => {
  const { receiver, said, post } = await listen(context);
  assert.ok([413, reset].includes(await post('agent', ' '.repeat(3 << 20))));
  assert.ok([413, reset].includes(await post('other', ' '.repeat(80 << 10))));
  assert.equal(await post('agent', '{"resourceSpans":'), 400);
  assert.equal(await post('agent', callOf('ls'), { headers: { 'content-encoding': 'gzip' } }), 415);
  const statuses: number[] = [];
  for (let i = 0; i < 8; i += 1) statuses.push(await post('other', `"${'x'.repeat(60 << 10)}"`));
  assert.ok(
    statuses.some((status) => [429, reset].includes(status)),
    statuses.join(),
  );
  assert.equal(await post('agent', callOf('ls')), 200);
  assert.deepEqual(
    said.filter(({ words }) => words.length > 0).map(({ isWhole }) => isWhole),
    [false],
  );
  assert.equal(receiver.account.malformed, 1);
  assert.ok(receiver.account.refused >= 3);
});

test('an agent that tells its whole conversation with each word is heard', async (context) => {
  const { said, post } = await listen(context);
  assert.equal(await post('agent', `{"x":"${'\\u2028'.repeat(600_000)}",${callOf('ls').slice(1)}`), 200);
  assert.deepEqual(
    said.map(({ words, isWhole }) => [words.length, isWhole]),
    [[1, true]],
  );
});

test('what no agent has words in is taken and forgotten', async (context) => {
  const { receiver, post } = await listen(context);
  assert.equal(await post('agent', 'metrics', { path: '/v1/metrics' }), 200);
  assert.equal(await post('agent', '{"resourceLogs":[]}', { path: '/v1/logs' }), 200);
  assert.equal(await post('agent', '', { path: '/' }), 404);
  assert.equal(receiver.account.read, 0);
});

test('no process holds so many connections that others are not heard', async (context) => {
  const { said, hold, post } = await listen(context);
  for (const who of ['other', 'nobody', 'agent'] as const) await hold(who, 130);
  assert.equal(await post('second', callOf('ls')), 200);
  assert.equal(said.at(-1)?.speaker.image, process.second.image);
});

test('what finds no place is missing from the account of the process that wanted it', async (context) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { receiver, said, hold } = await listen(context, promise);
  await hold('agent', 140);
  resolve();
  await until(() => said.length > 0);
  assert.ok(receiver.account.refused > 0);
  assert.ok(said.every(({ speaker, isWhole }) => speaker.image === process.agent.image && !isWhole));
});

test('a port that is taken gives way to the next', async (context) => {
  const [one, other] = [await listen(context), await listen(context)];
  assert.ok(other.receiver.port > one.receiver.port);
  await assert.rejects(
    openReceiver(
      { clock: systemClock, speakers: new Speakers(), flush: async () => {}, dialectOf: () => null, onSaid: () => {} },
      one.receiver.port - 14_319,
    ),
    {
      code: 'agent-receiver-ports',
      message: /^all ports from 14320 to \d+ of 127\.0\.0\.1 are taken: end what listens there$/,
    },
  );
});

test('an address that two processes had since anybody asked is nobody’s', () => {
  const speakers = new Speakers();
  speakers.began(kernel.speak(process.agent, 1));
  speakers.began(kernel.speak(process.other, 1));
  assert.equal(speakers.take('127.0.0.1', 1), null);
  speakers.began(kernel.speak(process.agent, 1));
  assert.equal(speakers.take('127.0.0.1', 1)?.image, process.agent.image);
  assert.equal(speakers.take('127.0.0.1', 1), null);
});

test('a port that is taken leaves no listener behind, of which Node would warn at the eleventh', async (context) => {
  const warnings: string[] = [];
  const hear = ({ message }: Error) => void warnings.push(message);
  globalThis.process.on('warning', hear);
  context.after(() => globalThis.process.off('warning', hear));
  const usual = EventEmitter.defaultMaxListeners;
  EventEmitter.defaultMaxListeners = 2; // Node itself has one
  context.after(() => {
    EventEmitter.defaultMaxListeners = usual;
  });
  for (let taken = 0; taken < 4; taken += 1) await listen(context);
  await new Promise(setImmediate);
  assert.doesNotMatch(warnings.join(), / (listening|error) listeners added to \[Server\]/);
});

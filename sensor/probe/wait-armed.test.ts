import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { scratchFolder } from './testing/actor.ts';
import { probe } from './testing/machine.ts';

/** Runs the hook against a folder; resolves with its status and its words. */
async function waitArmed(folder: string, env: Record<string, string> = {}): Promise<{ code: number; words: string }> {
  const hook = spawn(probe, ['wait-armed', '--run-dir', folder], { stdio: ['ignore', 'ignore', 'pipe'], env });
  const words = text(hook.stderr);
  const [code] = (await once(hook, 'exit')) as [number];
  return { code, words: await words };
}

/** A folder with a socket that gives an answer to each who connects. */
async function answering(context: TestContext, answer: string): Promise<string> {
  const folder = mkdtempSync(join(scratchFolder, 'run-'));
  const server = createServer((socket) => socket.end(answer)).listen(join(folder, 'armed.sock'));
  context.after(() => server.close());
  await once(server, 'listening');
  return folder;
}

const closed = { CHAPERONE_FAILURE_MODE: 'Closed' };
const soon = { CHAPERONE_ARM_TIMEOUT_SECONDS: '0.05' };

test('an armed sensor lets the job start', async (context) => {
  const folder = await answering(context, '{"armed":true}\n');
  assert.deepEqual(await waitArmed(folder, closed), { code: 0, words: '' });
});

test('a sensor that cannot arm lets the job start in Open, and says why', async (context) => {
  const folder = await answering(context, '{"armed":false,"reason":"no BTF"}\n');
  const { code, words } = await waitArmed(folder);
  assert.equal(code, 0);
  assert.match(words, /"reason":"no BTF".*failureMode is Open, so the job runs unobserved/);
});

test('a sensor that cannot arm holds the job back in Closed', async (context) => {
  const folder = await answering(context, '{"armed":false,"reason":"no BTF"}\n');
  const { code, words } = await waitArmed(folder, closed);
  assert.equal(code, 1);
  assert.match(words, /failureMode is Closed, so the job does not start/);
});

test('an answer that never comes ends the wait', async (context) => {
  const folder = await answering(context, '{"armed":tr');
  assert.equal((await waitArmed(folder, { ...closed, ...soon })).code, 1);
  assert.equal((await waitArmed(folder, soon)).code, 0);
});

test('a socket that never appears ends the wait', async () => {
  const folder = mkdtempSync(join(scratchFolder, 'none-'));
  const { code, words } = await waitArmed(folder, { ...closed, ...soon });
  assert.equal(code, 1);
  assert.match(words, /did not say so in time/);
});

test('the wait begins before the socket is there', async (context) => {
  const folder = mkdtempSync(join(scratchFolder, 'late-'));
  const waiting = waitArmed(folder, closed);
  const server = createServer((socket) => socket.end('{"armed":true}\n')).listen(join(folder, 'armed.sock'));
  context.after(() => server.close());
  assert.equal((await waiting).code, 0);
});

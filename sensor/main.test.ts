import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { FrameSplitter } from './decode/frame-splitter.ts';
import { eventHeaderSize, frameType } from './decode/layout.gen.ts';
import { makeWord } from './decode/testing/frames.ts';
import { helloEvent, statsEvent } from './lineage/testing/fake-kernel.ts';

const main = join(import.meta.dirname, 'main.ts');

/** The probe's side of the socket: says hello, and answers flush commands. */
function playProbe(socket: Socket): void {
  const splitter = new FrameSplitter();
  socket.write(makeWord(frameType.hello, helloEvent()));
  socket.on('data', (chunk: Buffer) => {
    for (const command of splitter.push(chunk)) {
      const { id } = JSON.parse(command.toString('utf8', eventHeaderSize));
      socket.write(makeWord(frameType.stats, statsEvent()));
      socket.write(makeWord(frameType.flushed, { id }));
    }
  });
}

/** The sensor as the probe starts it, with a gateway on loopback. */
async function startMain() {
  const folder = mkdtempSync(join(tmpdir(), 'chaperone-main-'));
  writeFileSync(join(folder, 'token'), 'token');
  const bodies: string[] = [];
  const gateway = createServer(async (request, response) => {
    bodies.push(`${request.url} ${await text(request)}`);
    response.end('{}');
    gateway.emit('took');
  });
  gateway.listen(0, '127.0.0.1');
  await once(gateway, 'listening');
  const env = {
    CHAPERONE_POD_NAME: 'runner-1',
    CHAPERONE_POD_NAMESPACE: 'arc-runners',
    CHAPERONE_POD_UID: 'pod-uid',
    CHAPERONE_GATEWAY_URL: `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`,
    CHAPERONE_TOKEN_FILE: join(folder, 'token'),
    CHAPERONE_POLICY_FILE: join(folder, 'policy'),
    CHAPERONE_POLICY_PUBLIC_KEY: 'none',
    CHAPERONE_PROBE_FD: '3',
  };
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'inherit', 'pipe'] });
  const socket = child.stdio[3] as Socket;
  playProbe(socket);
  return {
    child,
    socket,
    bodies,
    async greeted() {
      while (!bodies.some((body) => body.startsWith('/v1/hello'))) await once(gateway, 'took');
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      gateway.closeAllConnections();
      gateway.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function exitCode(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

test('it greets the gateway, and on SIGTERM sends what it has and ends with 0', async () => {
  await using sensor = await startMain();
  await sensor.greeted();
  const ended = exitCode(sensor.child);
  sensor.child.kill('SIGTERM');
  assert.equal(await ended, 0);
  assert.equal(sensor.bodies.filter((body) => body.startsWith('/v1/traces')).length, 1);
});

test('it ends by itself, in the same way, when the probe is gone', async () => {
  await using sensor = await startMain();
  await sensor.greeted();
  const ended = exitCode(sensor.child);
  sensor.socket.destroy();
  assert.equal(await ended, 0);
  assert.ok(sensor.bodies.some((body) => body.startsWith('/v1/traces') && body.includes('runner-1')));
});

test('a wrong environment is told in one line that names every fault', async () => {
  const child = spawn(process.execPath, [main], {
    env: { CHAPERONE_POD_NAME: 'x' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output, code] = await Promise.all([text(child.stdout), exitCode(child)]);
  assert.equal(code, 1);
  assert.equal(output.trim().split('\n').length, 1);
  for (const name of ['CHAPERONE_POD_UID', 'CHAPERONE_GATEWAY_URL', 'CHAPERONE_TOKEN_FILE'])
    assert.match(output, new RegExp(name));
});

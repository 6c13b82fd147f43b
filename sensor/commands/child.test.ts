import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isForeground, runCommand } from './child.ts';

test("exits as a shell would: the command's status, 128 + n for a signal, 127 for what is not there", async () => {
  assert.deepEqual(await runCommand(['sh', '-c', 'exit 42']), { status: 42, signal: null });
  assert.deepEqual(await runCommand(['sh', '-c', 'kill -TERM $$']), { status: 143, signal: 'SIGTERM' });
  assert.deepEqual(await runCommand(['/nowhere/to/be/found']), { status: 127, signal: null });
  assert.deepEqual(await runCommand(['/etc/passwd']), { status: 126, signal: null });
});

test('a signal for us reaches the command', async () => {
  const ended = runCommand([
    'sh',
    '-c',
    'trap "exit 7" TERM; kill -TERM $PPID; for i in $(seq 600); do sleep 0.05; done',
  ]);
  assert.deepEqual(await ended, { status: 7, signal: null });
});

test('a terminal sends Ctrl-C by itself to its foreground, however the process is named', () => {
  assert.equal(isForeground('10 (a) b) (c) S 1 10 9 34816 10 4194304'), true);
  assert.equal(isForeground('10 (node) S 1 10 9 34816 8 4194304'), false);
  assert.equal(isForeground('10 (node) S 1 10 9 0 -1 4194304'), false);
  assert.equal(isForeground(''), false);
});

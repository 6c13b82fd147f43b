import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Lease } from './lease.ts';
import { createManager, type Manager } from './manager.ts';
import type { Runnable } from './runnable.ts';
import { createManualClock, settle } from './testing/clocks.ts';
import { silentLog } from './testing/observers.ts';

function noting(journal: string[], name: string, start = async (): Promise<void> => {}): Runnable {
  return {
    name,
    async start() {
      await start();
      journal.push(`start ${name}`);
    },
    async stop() {
      journal.push(`stop ${name}`);
    },
  };
}

interface Rig {
  journal: string[];
  manager: Manager;
  lose(): void;
}

function rig({ acquired = Promise.resolve(true), start = async (): Promise<void> => {} } = {}): Rig {
  const journal: string[] = [];
  const { promise: lost, resolve: lose } = Promise.withResolvers<void>();
  const lease: Lease = {
    lost,
    acquire: (signal) =>
      Promise.race([acquired, new Promise<boolean>((done) => signal.addEventListener('abort', () => done(false)))]),
    async release() {
      journal.push('release');
    },
  };
  const parts = [noting(journal, 'health'), noting(journal, 'caches', start), noting(journal, 'webhook')];
  const leading = [noting(journal, 'controllers')];
  const manager = createManager({ clock: createManualClock(), log: silentLog, parts, lease, leading });
  return { journal, manager, lose };
}

test('Parts start in order and stop in reverse, and the lease is released last', async () => {
  const { journal, manager } = rig();
  await manager.start();
  await settle();
  assert.deepEqual(journal.splice(0), ['start health', 'start caches', 'start webhook', 'start controllers']);
  await manager.stop();
  assert.deepEqual(journal, ['stop controllers', 'stop webhook', 'stop caches', 'stop health', 'release']);
});

test('Webhooks serve while another replica leads', async () => {
  const { journal, manager } = rig({ acquired: new Promise(() => {}) });
  await manager.start();
  await manager.stop();
  assert.deepEqual(journal.slice(0, 4), ['start health', 'start caches', 'start webhook', 'stop webhook']);
  assert.ok(!journal.includes('start controllers'));
});

test('A part that cannot start ends those before it', async () => {
  const { journal, manager } = rig({ start: () => Promise.reject(new Error('no caches')) });
  await assert.rejects(manager.start(), /no caches/);
  assert.deepEqual(journal, ['start health', 'stop caches', 'stop health', 'release']);
});

test('A lost lease is a reason to end', async () => {
  const { manager, lose } = rig();
  await manager.start();
  lose();
  assert.equal((await manager.failed).code, 'lease-lost');
});

test('A part that does not end holds the stop for 25 s at most', async () => {
  const clock = createManualClock();
  const stuck: Runnable = { name: 'stuck', start: async () => {}, stop: () => new Promise(() => {}) };
  const manager = createManager({ clock, log: silentLog, parts: [stuck], leading: [] });
  await manager.start();
  let isStopped = false;
  void manager.stop().then(() => {
    isStopped = true;
  });
  await clock.advance(24_999);
  assert.equal(isStopped, false);
  await clock.advance(1);
  assert.equal(isStopped, true);
});

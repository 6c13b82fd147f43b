import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createController, type Result, TerminalError } from './controller.ts';
import type { Queue } from './queue.ts';
import type { Runnable } from './runnable.ts';
import { createManualClock, type ManualClock, settle } from './testing/clocks.ts';
import { createNotingObserver, silentLog } from './testing/observers.ts';

interface Rig {
  clock: ManualClock;
  controller: Runnable;
  outcomes: readonly string[];
  calls: readonly number[];
  add(key: string): void;
}

/** A started controller of one key; `answers` are the results of its reconciliations, the last one for ever. */
async function rig(...answers: (() => Result)[]): Promise<Rig> {
  const clock = createManualClock(0);
  const observer = createNotingObserver();
  const calls: number[] = [];
  let queue: Pick<Queue, 'add'> | undefined;
  const controller = createController({
    name: 'test',
    clock,
    log: silentLog,
    observer,
    watch(given) {
      queue = given;
      return [];
    },
    async reconcile() {
      calls.push(clock.now());
      return (answers.length > 1 ? answers.shift() : answers[0])?.() ?? {};
    },
  });
  await controller.start();
  return { clock, controller, outcomes: observer.outcomes, calls, add: (key) => queue?.add(key) };
}

const fail = (error: Error) => (): Result => {
  throw error;
};

test('An error is tried again with growing waits, and success ends the count', async () => {
  const { clock, outcomes, calls, add } = await rig(fail(new Error('a')), fail(new Error('b')), () => ({}));
  add('key');
  await clock.advance(1000);
  assert.deepEqual(outcomes, ['error', 'error', 'success']);
  assert.deepEqual(calls, [0, 5, 15]);
});

test('A terminal error waits for the next change', async () => {
  const { clock, outcomes, add } = await rig(fail(new TerminalError('test-broken', 'broken')), () => ({}));
  add('key');
  await clock.advance(10_000_000);
  assert.deepEqual(outcomes, ['error']);
  add('key');
  await settle();
  assert.deepEqual(outcomes, ['error', 'success']);
});

test('A reconciliation may ask to be called again', async () => {
  const { clock, outcomes, calls, add } = await rig(
    () => ({ requeueAfterMs: 60_000 }),
    () => ({}),
  );
  add('key');
  await clock.advance(60_000);
  assert.deepEqual(outcomes, ['requeue_after', 'success']);
  assert.deepEqual(calls, [0, 60_000]);
});

test('A stop waits for the reconciliation in hand and begins no other', async () => {
  const { clock, controller, calls, add } = await rig(() => ({ requeueAfterMs: 10 }));
  add('key');
  await settle();
  await controller.stop();
  await clock.advance(1000);
  assert.deepEqual(calls, [0]);
});

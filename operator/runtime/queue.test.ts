import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createQueue } from './queue.ts';
import { createManualClock, settle } from './testing/clocks.ts';

test('A key that waits is not added twice', async () => {
  const queue = createQueue(createManualClock());
  for (const key of ['a', 'b', 'a']) queue.add(key);
  assert.equal(await queue.next(), 'a');
  assert.equal(await queue.next(), 'b');
  queue.shutDown();
  assert.equal(await queue.next(), undefined);
});

test('A key added while it is worked on comes again, but only once it is done', async () => {
  const queue = createQueue(createManualClock());
  queue.add('a');
  await queue.next();
  queue.add('a');
  queue.add('a');
  let second: string | undefined;
  const coming = queue.next().then((key) => {
    second = key;
  });
  await settle();
  assert.equal(second, undefined);
  queue.done('a');
  await coming;
  assert.equal(second, 'a');
});

test('Failures of a key wait 5 ms, doubled each time, to 1000 s, until it is forgotten', async () => {
  const clock = createManualClock();
  const queue = createQueue(clock);
  const waits: number[] = [];
  for (let failure = 0; failure < 20; failure += 1) {
    if (failure === 19) queue.forget('a');
    const before = clock.now();
    queue.addRateLimited('a');
    const coming = queue.next().then(() => waits.push(clock.now() - before));
    await clock.advance(1_000_000);
    await coming;
    queue.done('a');
  }
  assert.deepEqual(waits.slice(0, 4), [5, 10, 20, 40]);
  assert.deepEqual(waits.slice(17), [655_360, 1_000_000, 5]);
});

test('Of several waits of a key the earliest counts', async () => {
  const clock = createManualClock();
  const queue = createQueue(clock);
  queue.addAfter('a', 500);
  queue.addAfter('a', 100);
  queue.addAfter('a', 900);
  await clock.advance(100);
  assert.equal(await queue.next(), 'a');
  assert.equal(clock.pending(), 0);
});

test('A queue that is shut down frees its workers and leaves no timer', async () => {
  const clock = createManualClock();
  const queue = createQueue(clock);
  const coming = queue.next();
  queue.addAfter('a', 500);
  queue.shutDown();
  queue.add('b');
  assert.equal(await coming, undefined);
  assert.equal(clock.pending(), 0);
});

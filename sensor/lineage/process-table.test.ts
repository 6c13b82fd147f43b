import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KernelEvent } from '../decode/kernel-events.ts';
import { ProcessTable } from './process-table.ts';
import { FakeKernel } from './testing/fake-kernel.ts';

function feed(table: ProcessTable, events: readonly KernelEvent[]) {
  const ended: string[] = [];
  for (const event of events) {
    if (event.kind === 'fork') table.fork(event);
    else if (event.kind === 'exec') table.exec(event);
    else if (event.kind === 'exit') ended.push(...table.exit(event).map(({ filename }) => filename));
  }
  return ended;
}

test('an image that is replaced stays open until its process ends, and is the parent of the new one', () => {
  const kernel = new FakeKernel();
  const process = kernel.process();
  const first = kernel.exec(process, '/bin/sh');
  const second = kernel.exec(process, '/bin/make');
  kernel.exit(process, 3);
  const table = new ProcessTable();
  assert.deepEqual(feed(table, kernel.events), ['/bin/make', '/bin/sh']);
  assert.equal(table.find(second.image)?.parent?.id, first.image);
  assert.deepEqual([table.find(first.image)?.exitCode, table.find(second.image)?.exitCode], [3, 3]);
});

test('the end of a child that only forked ends nothing', () => {
  const kernel = new FakeKernel();
  const shell = kernel.process();
  kernel.exec(shell, '/bin/sh');
  kernel.exit(kernel.fork(shell));
  assert.deepEqual(feed(new ProcessTable(), kernel.events), []);
});

test('a pid that is used again confuses nothing', () => {
  const kernel = new FakeKernel();
  const shell = kernel.process();
  kernel.exec(shell, '/bin/sh');
  const one = kernel.fork(shell, 500);
  kernel.exec(one, '/bin/one');
  const daemon = kernel.fork(one);
  kernel.exit(one);
  const again = kernel.fork(shell, 500);
  const other = kernel.exec(again, '/bin/other');
  const late = kernel.exec(daemon, '/bin/late');
  kernel.exit(again);
  const table = new ProcessTable();
  assert.deepEqual(feed(table, kernel.events), ['/bin/one', '/bin/other']);
  assert.equal(table.find(late.image)?.parent?.filename, '/bin/one');
  assert.equal(table.find(other.image)?.parent?.filename, '/bin/sh');
});

test('an image that ended is kept while a child that it left behind may execute, and soon forgotten where it has left none', () => {
  const kernel = new FakeKernel();
  const shell = kernel.process();
  const root = kernel.exec(shell, '/bin/sh');
  const nohup = kernel.fork(shell);
  const forking = kernel.exec(nohup, '/bin/nohup');
  const left = kernel.fork(nohup);
  kernel.exit(nohup);
  const leaves = ['/bin/one', '/bin/two'].map((path) => {
    const leaf = kernel.fork(shell);
    const { image } = kernel.exec(leaf, path);
    kernel.exit(leaf);
    return image;
  });
  const late = kernel.exec(left, '/bin/late');
  const table = new ProcessTable({ childless: 1 });
  feed(table, kernel.events);
  assert.equal(table.find(late.image)?.parent?.id, forking.image);
  assert.deepEqual(
    leaves.map((image) => table.find(image)?.parent?.id),
    [undefined, root.image],
  );
});

test('what it keeps is bounded: the oldest is shed and counted, depth ends at the last level', () => {
  const kernel = new FakeKernel();
  let process = kernel.process();
  kernel.exec(process, '/bin/0');
  for (let index = 1; index < 40; index += 1) process = kernel.spawn(process, `/bin/${index}`);
  const table = new ProcessTable({ live: 30, maxDepth: 12 });
  feed(table, kernel.events);
  assert.equal(table.shed, 10);
  assert.equal(table.find(process.image)?.depth, 12);
});

test('what still runs ends with the table, children first', () => {
  const kernel = new FakeKernel();
  const shell = kernel.process();
  kernel.exec(shell, '/bin/sh');
  kernel.spawn(shell, '/bin/sleep');
  const table = new ProcessTable();
  feed(table, kernel.events);
  const ended = table.endAll(kernel.now);
  assert.deepEqual(
    ended.map(({ filename, exitCode }) => [filename, exitCode]),
    [
      ['/bin/sleep', null],
      ['/bin/sh', null],
    ],
  );
});

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { StatsEvent } from '../decode/probe-events.ts';
import { actor } from './testing/actor.ts';
import { skip, until } from './testing/machine.ts';
import { childrenOf, end, execs, hellos, peer, startPod } from './testing/pod.ts';

test('a Node that dies is started again, with a hello that says so, and loses no frame it had not read', {
  skip,
}, async () => {
  await using pod = startPod({
    child: (file) => [
      '/bin/sh',
      '-c',
      `[ -e ${file}.once ] && exec ${peer(file).join(' ')}; : > ${file}.once; exec ${actor} mortal ${file}.first 64`,
    ],
  });
  await until(() => hellos(pod.received()).length === 1);
  assert.equal(hellos(pod.received())[0]?.restarts, 1);
  await pod.run([actor, 'storm', '100', '2', actor, 'nothing']);
  await until(() => execs(pod.received()).length === 101);
  assert.equal(await end(pod.sidecar), 0);
  assert.match(pod.stderr(), /Node process ended \(status 1\)/);
});

test('events while there is no Node wait for the next one', { skip }, async () => {
  await using pod = startPod({
    child: (file) => ['/bin/sh', '-c', `[ -e ${file}.go ] && exec ${peer(file).join(' ')}; exit 1`],
  });
  await until(() => pod.stderr().includes('Node process ended'));
  await pod.run([actor, 'storm', '50', '2', actor, 'nothing']);
  writeFileSync(join(pod.folder, 'received.go'), '');
  await until(() => execs(pod.received()).length === 51);
  assert.ok((hellos(pod.received())[0]?.restarts ?? 0) >= 1);
});

test("what an earlier Node was given stands in the next one's hello, so the account adds up", { skip }, async () => {
  await using pod = startPod({ child: peer });
  await until(() => hellos(pod.received()).length === 1);
  await pod.run([actor, 'storm', '30', '2', actor, 'nothing']);
  await until(() => pod.received().filter((event) => event.kind === 'exit').length === 31);
  process.kill(Number(childrenOf(pod.sidecar.pid)[0]), 'SIGKILL');
  await until(() => hellos(pod.received()).length === 2);
  const stats = () => pod.received().findLast((event): event is StatsEvent => event.kind === 'stats');
  await until(() => stats()?.produced.exec === 31);
  assert.deepEqual(hellos(pod.received())[1]?.forwardedBefore, stats()?.produced);
});

test('a frame that a Node was given in part goes whole to the next one', { skip }, async () => {
  const deafFirst = (file: string) => [
    '/bin/sh',
    '-c',
    `[ -e ${file}.peer ] && exec ${peer(file).join(' ')}; [ -e ${file}.deaf ] && exec sleep 1000; exit 1`,
  ];
  await using pod = startPod({ child: deafFirst });
  await until(() => pod.stderr().includes('Node process ended'));
  // Gathered while there is no Node, it is more than a socket takes at once: the deaf one gets the start of a frame.
  await pod.run([actor, 'storm', '2000', '4', actor, 'nothing']);
  writeFileSync(join(pod.folder, 'received.deaf'), '');
  const isDeaf = (pid: string) => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n';
  await until(() => childrenOf(pod.sidecar.pid).some(isDeaf));
  writeFileSync(join(pod.folder, 'received.peer'), '');
  process.kill(Number(childrenOf(pod.sidecar.pid)[0]), 'SIGKILL');
  await until(() => pod.received().findLast((event) => event.kind === 'stats')?.produced.exec === 2001);
  const before = hellos(pod.received())[0]?.forwardedBefore.exec ?? 0;
  assert.ok(before > 0);
  await until(() => execs(pod.received()).length === 2001 - before);
});

test("a Node that takes too much of the container's memory is started again", { skip }, async () => {
  const limit = 64 << 20;
  await using pod = startPod({
    child: (file) => [
      '/bin/sh',
      '-c',
      `[ -e ${file}.once ] && exec ${peer(file).join(' ')}; : > ${file}.once; exec ${actor} hungry ${(limit / 8) * 7} ${file}.hungry`,
    ],
    env: { CHAPERONE_MEMORY_LIMIT_BYTES: `${limit}` },
  });
  await until(() => hellos(pod.received()).length === 1);
  assert.match(pod.stderr(), /holds 5\d MiB of the container's 64 MiB and is started again/);
  assert.equal(hellos(pod.received())[0]?.restarts, 1);
});

test('a Node that takes memory faster than anybody looks is refused more, ends alone, and is started again', {
  skip,
}, async () => {
  const hog = join(import.meta.dirname, 'testing', 'hog.mjs');
  await using pod = startPod({
    child: (file) => [
      '/bin/sh',
      '-c',
      `[ -e ${file}.once ] && exec ${peer(file).join(' ')}; : > ${file}.once; exec ${process.execPath} ${hog} ${file}.held`,
    ],
    env: { CHAPERONE_MEMORY_LIMIT_BYTES: `${128 << 20}` },
  });
  await until(() => hellos(pod.received()).length === 1);
  const held = Number(readFileSync(join(pod.folder, 'received.held'), 'utf8'));
  assert.ok(held > 50 && held < 102, `${held} MiB`);
  assert.equal(hellos(pod.received())[0]?.restarts, 1);
});

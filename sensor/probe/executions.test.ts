import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ExecEvent } from '../decode/process-events.ts';
import { ProcessTable } from '../lineage/process-table.ts';
import { actor, scratchFolder } from './testing/actor.ts';
import { skip } from './testing/machine.ts';
import { type Observation, observe } from './testing/observe.ts';

/** The traits of the last execution, by name. */
function traitsOf({ execs }: Observation): string[] {
  const traits = execs.at(-1)?.traits ?? {};
  return Object.entries(traits).flatMap(([trait, has]) => (has ? [trait] : []));
}

test('a program in memory is told as one, however it is called', { skip }, async () => {
  const observation = await observe((run) => run([actor, 'memfd']));
  assert.deepEqual(traitsOf(observation), ['memfd', 'descriptor']);
  const byName = `exec 9<${actor}; exec ${actor} exec /proc/self/fd/9 nothing`;
  assert.deepEqual(traitsOf(await observe((run) => run(['/bin/bash', '-c', byName]))), []);
});

test('a script in memory is told as one, and its interpreter by its path', { skip }, async () => {
  const observation = await observe((run) => run([actor, 'memfd-script', 'exit 5']));
  assert.deepEqual(traitsOf(observation), ['memfd', 'script', 'descriptor']);
  assert.deepEqual(
    [
      observation.execs[1]?.path,
      observation.exits[0]?.code,
      /^\/dev\/fd\/\d+$/.test(observation.execs[1]?.filename ?? ''),
    ],
    [realpathSync('/bin/sh'), 5, true],
  );
});

test('a file without a name any more is told as one', { skip }, async () => {
  const gone = join(scratchFolder, 'gone');
  copyFileSync(actor, gone);
  assert.deepEqual(traitsOf(await observe((run) => run([actor, 'unlinked', gone, 'actor', 'nothing']))), [
    'unlinked',
    'descriptor',
  ]);
});

test('fexecve and execveat are told with the file that was executed', { skip }, async () => {
  const fexec = await observe((run) => run([actor, 'fexec', actor, 'nothing']));
  assert.deepEqual([traitsOf(fexec), fexec.execs[1]?.path], [['descriptor'], actor]);
  const at = await observe((run) => run([actor, 'execveat', scratchFolder, 'actor', 'nothing']));
  assert.deepEqual([traitsOf(at), at.execs[1]?.path], [['descriptor'], actor]);
  assert.match(at.execs[1]?.filename ?? '', /^\/dev\/fd\/\d+\/actor$/);
});

test('a script is told as one, also a script of a script', { skip }, async () => {
  const [inner, outer] = [join(scratchFolder, 'inner'), join(scratchFolder, 'outer')];
  writeFileSync(inner, '#!/bin/sh\n:\n', { mode: 0o755 });
  writeFileSync(outer, `#!${inner}\n:\n`, { mode: 0o755 });
  const observation = await observe((run) => run([outer]));
  assert.deepEqual([traitsOf(observation), observation.execs[0]?.filename], [['script'], outer]);
});

test('a program that a loader runs is told with the loader', { skip }, async () => {
  const loader = process.arch === 'arm64' ? '/lib/ld-linux-aarch64.so.1' : '/lib64/ld-linux-x86-64.so.2';
  const { execs } = await observe((run) => run([loader, '--inhibit-cache', '/bin/true']));
  const image = new ProcessTable().exec(execs[0] as ExecEvent);
  assert.deepEqual([image.path, image.program], [realpathSync(loader), '/bin/true']);
});

test('an executable that gives rights is told with both users', { skip }, async () => {
  const rights = join(scratchFolder, 'rights');
  copyFileSync(actor, rights);
  chmodSync(rights, 0o4755);
  const observation = await observe((run) => run([actor, 'as', '1234', rights, 'nothing']));
  const exec = observation.execs.at(-1);
  assert.deepEqual([exec?.uid, exec?.euid, exec?.suid, traitsOf(observation)], [1234, 0, 0, ['secure']]);
});

test('arguments of 100 KiB come in chunks, as they were', { skip }, async () => {
  const long = Array.from({ length: 500 }, (_, i) => `${i}`.padStart(100, 'ä'));
  const { execs, events, stats } = await observe((run) => run([actor, 'nothing', ...long]));
  const table = new ProcessTable();
  const image = table.exec(execs[0] as ExecEvent);
  for (const event of events) if (event.kind === 'argv') table.argv(event);
  assert.deepEqual([image.argv, image.argvKnown], [[actor, 'nothing', ...long], image.argvBytes]);
  assert.deepEqual([execs[0]?.argvTruncated, stats.lost.argv], [true, 0]);
});

test('of more than 128 KiB of arguments the first 128 are told, and how many there are', { skip }, async () => {
  const long = Array.from({ length: 20 }, () => 'x'.repeat(10_000));
  const { execs, events } = await observe((run) => run([actor, 'nothing', ...long]));
  const chunks = events.filter((event) => event.kind === 'argv');
  assert.deepEqual(
    chunks.map(({ offset, bytes }) => [offset, bytes.length]),
    Array.from({ length: 8 }, (_, i) => [i * 16_384, 16_384]),
  );
  assert.equal(execs[0]?.argvBytes, [actor, 'nothing', ...long].join(' ').length + 1);
});

test('a ring that is half full sheds chunks of arguments and nothing else', { skip }, async () => {
  const long = Array.from({ length: 12 }, () => 'x'.repeat(10_000));
  const { stats, execs } = await observe(
    (run) => run([actor, 'storm', '400', '2', actor, 'nothing', ...long]),
    ['--ring-bytes', '1048576'],
  );
  assert.ok(stats.lost.argv > 0);
  assert.deepEqual([stats.produced.exec, stats.lost.exec, execs.length], [401, 0, 401]);
});

test('a process that becomes another user is told, with the capabilities that it loses', { skip }, async () => {
  const { events, execs } = await observe((run) => run([actor, 'as', '1234', actor, 'nothing']));
  const [change, ...others] = events.filter((event) => event.kind === 'credentials');
  assert.deepEqual(
    [change?.before.uid, change?.after.uid, change?.after.euid, change?.after.gid],
    [0, 1234, 1234, 1234],
  );
  assert.deepEqual([change?.after.capabilities, change?.cause, others], [0n, 'call', []]);
  assert.equal(change?.image, execs[0]?.image);
});

test('rights that come with an executable are told at its own image', { skip }, async () => {
  const rights = join(scratchFolder, 'rights-again');
  copyFileSync(actor, rights);
  chmodSync(rights, 0o4755);
  const { events, execs } = await observe((run) =>
    run([actor, 'as', '1234', actor, 'exec', rights, 'as', '0', actor, 'nothing']),
  );
  const changes = events.filter((event) => event.kind === 'credentials');
  assert.deepEqual(
    changes.map(({ cause, before, after, image }) => [cause, before.euid, after.euid, image]),
    [
      ['call', 0, 1234, execs[0]?.image],
      ['exec', 1234, 0, execs[2]?.image],
      ['call', 0, 0, execs[2]?.image],
    ],
  );
});

test('a change of user is told before the connection that follows it', { skip }, async () => {
  const script = ['/bin/sh', '-c', `${actor} seteuid 4321 connect 4 udp 9; true`];
  const { events } = await observe((run) => run(script));
  const kinds = events.filter(({ kind }) => kind === 'credentials' || kind === 'connect').map(({ kind }) => kind);
  assert.deepEqual(kinds, ['credentials', 'connect']);
});

test('a change of user before the end of a process is told', { skip }, async () => {
  const { events } = await observe((run) => run([actor, 'seteuid', '4321']));
  const changes = events.filter((event) => event.kind === 'credentials');
  assert.deepEqual(
    changes.map(({ before, after }) => [before.euid, after.euid, after.uid]),
    [[0, 4321, 0]],
  );
});

test('an end is told with the CPU time of all threads and the most memory', { skip }, async () => {
  const { exits } = await observe((run) => run(['/bin/sh', '-c', `${actor} work 3 200 64; true`]));
  const usage = exits[0]?.usage;
  const milliseconds = Number((usage?.userTime ?? 0n) + (usage?.systemTime ?? 0n)) / 1e6;
  assert.ok(milliseconds > 540 && milliseconds < 2000, `${milliseconds} ms`);
  assert.ok((usage?.peakMemory ?? 0) > 64 << 20 && (usage?.peakMemory ?? 0) < 80 << 20, `${usage?.peakMemory}`);
});

test('memory that a process had only before it executed is not called its own', { skip }, async () => {
  const { exits } = await observe((run) => run([actor, 'grow', '64', actor, 'nothing']));
  assert.ok((exits[0]?.usage?.peakMemory ?? 0) < 16 << 20, `${exits[0]?.usage?.peakMemory}`);
});

import assert from 'node:assert/strict';
import { totalOf } from '../decode/kernel-events.ts';
import { fileCases } from './file-cases.ts';
import type { KernelCase } from './kernel-case.ts';
import { nameCases } from './name-cases.ts';
import { networkCases } from './network-cases.ts';
import { reachCases } from './reach-cases.ts';

export const kernelCases: readonly KernelCase[] = [
  {
    title: 'an exec is told with path, arguments and user',
    commands: (actor) => [[actor, 'nothing', '', 'two words']],
    check: ({ execs }, actor) => {
      assert.deepEqual(
        execs.map(({ path, filename, argv, argc, cwd, uid }) => [path, filename, argv, argc, cwd, uid]),
        [[actor, actor, [actor, 'nothing', '', 'two words'], 4, '/', 0]],
      );
    },
  },
  {
    title: 'a fork that executes nothing is told, and both ends',
    commands: (actor) => [[actor, 'fork', '7']],
    check: ({ forks, exits }) => {
      assert.equal(forks.length, 1);
      assert.deepEqual(
        exits.map(({ pid, code }) => [pid === forks[0]?.childPid, code]),
        [
          [true, 7],
          [false, 0],
        ],
      );
    },
  },
  {
    title: 'an exec is told with where its standard streams lead',
    commands: (actor) => [[actor, 'pipe', actor, 'nothing']],
    check: ({ execs }) => {
      const [first, closed, writer, reader] = execs;
      assert.notEqual(first?.stdin.kind, 'closed');
      assert.deepEqual([closed?.stdin.kind, closed?.stdout.kind], ['closed', 'network']);
      assert.deepEqual([writer?.stdin.kind, writer?.stdout.kind, reader?.stdin.kind], ['unix', 'pipe', 'pipe']);
      assert.deepEqual([reader?.stdin, reader?.stdout.kind], [writer?.stdout, 'device']);
    },
  },
  {
    title: 'an end by a signal is told with the signal',
    commands: (actor) => [[actor, 'kill', '9']],
    check: ({ exits }) => assert.deepEqual([exits.length, exits[0]?.code, exits[0]?.signal], [1, 0, 9]),
  },
  {
    title: 'a process of many threads ends once',
    commands: (actor) => [[actor, 'threads', '20', '9']],
    check: ({ exits, forks }) => assert.deepEqual([exits.map(({ code }) => code), forks.length], [[9], 0]),
  },
  {
    title: 'an exec by another thread than the first is one of the same process',
    commands: (actor) => [[actor, 'thread-exec', actor, 'nothing']],
    check: ({ execs, exits }) => {
      assert.deepEqual([execs.length, execs[1]?.pid, execs[1]?.replaces], [2, execs[0]?.pid, true]);
      assert.deepEqual([exits.length, exits[0]?.image], [1, execs[1]?.image]);
    },
  },
  {
    title: 'a program of no file system is told by its name',
    commands: (actor) => [[actor, 'memfd']],
    check: ({ execs }) => {
      assert.deepEqual([execs.length, execs[1]?.path], [2, '/memfd:ghost']);
      assert.deepEqual(
        [execs[0]?.traits.memfd, execs[1]?.traits.memfd, execs[1]?.traits.descriptor],
        [false, true, true],
      );
    },
  },
  {
    title: 'arguments of 100 KiB come in chunks',
    commands: (actor) => [[actor, 'nothing', 'x'.repeat(50_000), 'y'.repeat(50_000)]],
    check: ({ execs, events }, actor) => {
      const chunks = events.filter((event) => event.kind === 'argv');
      const bytes = Buffer.concat(chunks.map((chunk) => chunk.bytes)).toString();
      assert.equal(bytes, `${actor}\0nothing\0${'x'.repeat(50_000)}\0${'y'.repeat(50_000)}\0`);
      assert.deepEqual([execs[0]?.argvTruncated, execs[0]?.argvBytes], [true, bytes.length]);
    },
  },
  {
    title: 'a process that becomes another user is told',
    commands: (actor) => [[actor, 'as', '1234', actor, 'nothing']],
    check: ({ events, execs }) => {
      const changes = events.filter((event) => event.kind === 'credentials');
      assert.deepEqual(
        changes.map(({ before, after, cause }) => [before.euid, after.euid, after.gid, after.capabilities, cause]),
        [[0, 1234, 1234, 0n, 'call']],
      );
      assert.deepEqual([execs[1]?.uid, execs[1]?.euid], [1234, 1234]);
    },
  },
  {
    title: 'an end is told with CPU time and the most memory',
    commands: (actor) => [[actor, 'storm', '1', '1', actor, 'work', '2', '100', '256']],
    check: ({ exits }) => {
      const usage = exits[0]?.usage;
      const nanos = Number((usage?.userTime ?? 0n) + (usage?.systemTime ?? 0n));
      assert.ok(nanos > 150_000_000, `${nanos} ns`);
      assert.ok((usage?.peakMemory ?? 0) >= 256 << 20, `${usage?.peakMemory} bytes`);
    },
  },
  {
    title: 'connections are told with address, port, transport and family',
    commands: (actor) => [
      [actor, 'connect', '4', 'tcp', '1'],
      [actor, 'connect', '4', 'udp', '53'],
      [actor, 'connect', '6', 'tcp', '1'],
      [actor, 'connect', '6', 'udp', '2'],
      [actor, 'connect', '46', 'tcp', '3'],
    ],
    check: ({ connects }) => {
      assert.deepEqual(
        connects.map(({ address, port, transport, family, hook }) => [address, port, transport, family, hook]),
        [
          ['127.0.0.1', 1, 'tcp', 'ipv4', 'connect'],
          ['127.0.0.1', 53, 'udp', 'ipv4', 'connect'],
          ['::1', 1, 'tcp', 'ipv6', 'connect'],
          ['::1', 2, 'udp', 'ipv6', 'connect'],
          ['127.0.0.1', 3, 'tcp', 'ipv4', 'connect'],
        ],
      );
    },
  },
  {
    title: 'datagrams are told once for each socket and destination',
    commands: (actor) => [
      [actor, 'send', '4', '5000', '100'],
      [actor, 'send', '6', '5000', '3'],
    ],
    check: ({ connects }) => {
      assert.deepEqual(
        connects.map(({ address, port, hook }) => [address, port, hook]),
        [
          ['127.0.0.1', 5000, 'sendmsg'],
          ['127.0.0.1', 5001, 'sendmsg'],
          ['::1', 5000, 'sendmsg'],
          ['::1', 5001, 'sendmsg'],
        ],
      );
    },
  },
  {
    title: 'a thousand processes are accounted for, with nothing lost',
    commands: (actor) => [[actor, 'storm', '1000', '4', actor, 'nothing']],
    check: ({ stats, execs, exits, forks }) => {
      assert.deepEqual([execs.length, exits.length, forks.length], [1001, 1001, 1000]);
      assert.deepEqual([stats.produced.exec, stats.tableFull, stats.left], [1001, 0, 0]);
      assert.equal(totalOf(stats.lost) + totalOf(stats.probeDropped), 0);
    },
  },
  ...networkCases,
  ...nameCases,
  ...reachCases,
  ...fileCases,
];

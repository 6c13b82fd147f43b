import assert from 'node:assert/strict';
import type { KernelCase } from './cases.ts';

const at = `/tmp/chaperone-case-${process.pid}`;
const [a, b, c] = [`${at}/a`, `${at}/b`, `${at}/c`];

export const fileCases: readonly KernelCase[] = [
  {
    title: 'changes of files are told, each in its own way',
    files: true,
    commands: (_, fileActor) => [
      [
        fileActor,
        ...['mkdir', at, 'creat', a, 'openat2', b, 'openat', at, 'c', 'again', a, '3', 'rename', a, `${at}/d`],
        ...['exchange', b, c, 'link', b, a, 'symlink', 'nowhere', `${at}/soft`, 'truncate', b, 'chmod', b, 'fchmod', b],
        ...['unlink', `${at}/d`, 'unlinkat', at, 'soft', 'unlink', a, 'unlink', b, 'unlink', c, 'rmdir', at],
      ],
    ],
    check: ({ files }) => {
      assert.deepEqual(
        files.map(({ operation, source, path, path2, count }) => [operation, source, path, path2, count]),
        [
          ['mkdir', 'argument', at, '', 1],
          ['create', 'file', a, '', 1],
          ['create', 'file', b, '', 1],
          ['create', 'file', c, '', 1],
          ['write', 'file', a, '', 1],
          ['rename', 'argument', a, `${at}/d`, 1],
          ['exchange', 'argument', b, c, 1],
          ['link', 'argument', a, b, 1],
          ['symlink', 'argument', `${at}/soft`, '', 1],
          ['truncate', 'argument', b, '', 1],
          ['chmod', 'argument', b, '', 1],
          ['chmod', 'file', b, '', 1],
          ['delete', 'argument', `${at}/d`, '', 1],
          ['delete', 'argument', `${at}/soft`, '', 1],
          ['delete', 'argument', a, '', 1],
          ['delete', 'argument', b, '', 1],
          ['delete', 'argument', c, '', 1],
          ['delete', 'argument', at, '', 1],
          ['write', 'none', '', '', 2],
        ],
      );
    },
  },
  {
    title: 'an environment that is read is told by the number of its process',
    files: true,
    commands: (_, fileActor) => [[fileActor, 'read', '/proc/self/environ', 'read', '/proc/self/status']],
    check: ({ files }) => {
      assert.deepEqual(
        files.map(({ operation, source, path, nsPid }) => [operation, source, path === `/proc/${nsPid}/environ`]),
        [['read', 'file', true]],
      );
    },
  },
  {
    title: 'a thousand files that are made are all told',
    files: true,
    commands: (_, fileActor) => [
      [fileActor, 'mkdir', at, 'creations', at, '1000'],
      [fileActor, 'removals', at, '1000', 'rmdir', at],
    ],
    check: ({ files, stats }) => {
      assert.equal(files.filter(({ operation }) => operation === 'create').length, 1000);
      assert.equal(files.filter(({ operation }) => operation === 'delete').length, 1001);
      assert.deepEqual([stats.produced.file, stats.lost.file, stats.probeDropped.file], [2002, 0, 0]);
    },
  },
];

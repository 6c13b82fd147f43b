import assert from 'node:assert/strict';
import type { KernelCase } from './kernel-case.ts';

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
        files.map(({ operation, path, path2, count }) => [operation, path, path2, count]),
        [
          ['mkdir', at, '', 1],
          ['create', a, '', 1],
          ['create', b, '', 1],
          ['create', c, '', 1],
          ['write', a, '', 1],
          ['rename', a, `${at}/d`, 1],
          ['exchange', b, c, 1],
          ['link', a, b, 1],
          ['symlink', `${at}/soft`, '', 1],
          ['truncate', b, '', 1],
          ['chmod', b, '', 1],
          ['chmod', b, '', 1],
          ['delete', `${at}/d`, '', 1],
          ['delete', `${at}/soft`, '', 1],
          ['delete', a, '', 1],
          ['delete', b, '', 1],
          ['delete', c, '', 1],
          ['delete', at, '', 1],
          ['write', '', '', 2],
        ],
      );
      // At the kernel's own checks every path is the kernel's; at the end of system calls only that of an open file is.
      const sources = new Set(files.filter(({ operation }) => operation === 'delete').map(({ source }) => source));
      assert.equal(sources.size, 1);
    },
  },
  {
    title: 'a file that is named by its folder’s descriptor is told by its path',
    files: true,
    commands: (_, fileActor) => [
      [fileActor, 'mkdir', at, 'creat', a, 'renamein', at, 'a', 'b', 'unlink', b, 'rmdir', at],
    ],
    check: ({ files }) => {
      const renames = files.filter(({ operation }) => operation === 'rename');
      assert.deepEqual(
        renames.map(({ path, path2 }) => [path, path2]),
        [[a, b]],
      );
    },
  },
  {
    title: 'unasked, files are told where the kernel lets programs sit at its checks, and nowhere else',
    files: 'auto',
    commands: (_, fileActor) => [
      [fileActor, 'mkdir', at, 'creat', a, 'again', a, '3', 'rename', a, b, 'unlink', b, 'rmdir', at],
      [fileActor, 'read', '/proc/self/environ'],
    ],
    check: ({ files, hello, stats }) => {
      const seen = hello.tier !== 'tracepoint';
      assert.deepEqual([hello.fileWatch, hello.watchesFiles], ['Auto', seen]);
      const told = ['mkdir', 'create', 'write', 'rename', 'delete', 'delete', 'write', 'read'];
      assert.deepEqual(
        files.map(({ operation }) => operation),
        seen ? told : [],
      );
      assert.deepEqual([stats.produced.file, stats.lost.file], [files.length, 0]);
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
    title: 'a file that is made through io_uring is told where the kernel lets programs sit at its checks',
    files: true,
    commands: (_, fileActor) => [[fileActor, 'mkdir', at, 'uring', a, 'unlink', a, 'rmdir', at]],
    check: ({ files, hello }) => {
      const seen = files.some(({ operation, path }) => operation === 'create' && path === a);
      assert.equal(seen, hello.tier !== 'tracepoint');
      assert.ok(seen || files.some(({ operation }) => operation === 'uring'));
    },
  },
  {
    title: 'who asks for files through io_uring is told, with what is asked, where nothing else sees it',
    commands: (_, fileActor) => [
      [fileActor, 'mkdir', at, 'uring', a, 'uring', b, 'unlink', a, 'unlink', b, 'rmdir', at],
    ],
    check: ({ files, hello, execs, stats }) => {
      assert.deepEqual(
        files.map(({ operation, request, image }) => [operation, request, image]),
        hello.tier === 'tracepoint' ? [['uring', 'openat', execs[0]?.image]] : [],
      );
      assert.equal(stats.produced.file, files.length);
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

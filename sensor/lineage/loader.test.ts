import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadedProgram } from './loader.ts';

const glibc = '/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2';

test('the program of a loader is its first argument that is no option', () => {
  for (const [argv, program] of [
    [['ld.so', './prog', '--flag'], './prog'],
    [['ld.so', '--library-path', '/lib', '--inhibit-cache', 'prog'], 'prog'],
    [['ld.so', '--argv0', 'other', '/bin/true'], '/bin/true'],
    [['ld.so', '--preload=x.so', '--', '--odd'], '--odd'],
    [['ld.so', '--list-diagnostics'], null],
    [['ld.so'], null],
  ] as const)
    assert.equal(loadedProgram(glibc, '/lib64/ld.so', argv), program);
});

test('a loader is known by the name of its file, also where a link has another', () => {
  for (const name of ['ld-linux-x86-64.so.2', 'ld-2.31.so', 'ld-musl-aarch64.so.1', 'ld.so', 'ld64.so.2'])
    assert.equal(loadedProgram(`/lib/${name}`, '/tmp/innocent', ['x', 'y']), 'y', name);
  assert.equal(loadedProgram('/usr/lib/musl/lib/libc.so', '/lib/ld-musl-x86_64.so.1', ['x', 'y']), 'y');
});

test('a linker or a program that only sounds like a loader is none', () => {
  for (const name of ['ld', 'ld.bfd', 'ld.gold', 'build.so', 'old.so.2', 'ldconfig'])
    assert.equal(loadedProgram(`/usr/bin/${name}`, name, [name, 'prog']), null, name);
});

test('no arguments make it throw', () => {
  fc.assert(fc.property(fc.array(fc.string()), (argv) => void loadedProgram(glibc, '', argv)));
});

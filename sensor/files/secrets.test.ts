import assert from 'node:assert/strict';
import { test } from 'node:test';
import fastCheck from 'fast-check';
import { ownerOf, secretKind } from './secrets.ts';
import { secretPaths } from './testing/secret-paths.ts';

for (const [kind, path] of secretPaths)
  test(`${path} gives away what is ${kind}`, () => {
    assert.equal(secretKind(path, 1), kind);
  });

for (const path of [
  '/root/.ssh/known_hosts',
  '/root/.ssh/id_ed25519.pub',
  '/root/.ssh/config',
  '/src/token',
  '/src/settings.xml',
  '/src/gradle.properties',
  '/src/auth.json',
  '/root/.docker/contexts/meta.json',
  '/root/.kube/cache/discovery/x.json',
  '/etc/passwd',
  '/proc/self/status',
  '',
])
  test(`${path || 'no path'} gives nothing away`, () => {
    assert.equal(secretKind(path, 1), null);
  });

test("another process's memory and environment are secrets, a process's own are not", () => {
  assert.equal(secretKind('/proc/7/environ', 8), 'process');
  assert.equal(secretKind('/proc/7/task/9/mem', 8), 'process');
  assert.equal(secretKind('/proc/7/environ', 7), null);
  assert.deepEqual([ownerOf('/proc/7/mem'), ownerOf('/proc/self/mem'), ownerOf('/src')], [7, null, null]);
});

test('no path makes it throw, or take long', () => {
  fastCheck.assert(
    fastCheck.property(fastCheck.string({ unit: 'binary', maxLength: 4096 }), (path) => {
      secretKind(path, 1);
      secretKind(`/run/secrets/${path}`, 1);
    }),
  );
});

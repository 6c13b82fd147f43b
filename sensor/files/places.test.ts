import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FilePlace, placeOf } from './places.ts';

const surroundings = { workspace: '/src/app', asked: ['/opt/app'] };

const cases: readonly (readonly [string, FilePlace])[] = [
  ['/src/app/main.c', 'workspace'],
  ['/src/application', 'other'],
  ['/home/runner/_work/web/web/index.js', 'workspace'],
  ['/home/runner/_work/web/other/index.js', 'home'],
  ['/home/runner/_work/_temp/1.sh', 'temporary'],
  ['/home/runner/_work/_tool/node/22/bin/node', 'tools'],
  ['/home/runner/_work/_actions/actions/checkout/v4/x.js', 'tools'],
  ['/tmp/x', 'temporary'],
  ['/var/tmp/x', 'temporary'],
  ['/dev/shm/x', 'temporary'],
  ['/root/.bashrc', 'home'],
  ['/home/me', 'home'],
  ['/home/me/.cargo/bin/x', 'tools'],
  ['/opt/hostedtoolcache/go', 'tools'],
  ['/opt/app/x', 'asked'],
  ['/etc/hosts', 'other'],
];

for (const [path, place] of cases)
  test(`${path} lies in: ${place}`, () => {
    assert.equal(placeOf(path, surroundings), place);
  });

test('the whole machine, or a home, is no workspace', () => {
  for (const workspace of ['/', '/root', '/home/me', '/tmp']) {
    assert.equal(placeOf('/etc/hosts', { workspace, asked: [] }), 'other');
    assert.equal(placeOf('/home/me/x', { workspace, asked: [] }), 'home');
  }
});

test('who asks for / asks for everything', () => {
  assert.equal(placeOf('/etc/hosts', { workspace: null, asked: ['/'] }), 'asked');
});

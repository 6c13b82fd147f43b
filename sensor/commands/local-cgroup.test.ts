import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { describeError } from '../../crds/errors.ts';
import { cgroupFolder, createLocalCgroup, findCgroup2Mount, noCgroup, ownCgroup } from './local-cgroup.ts';

const root = process.getuid?.() === 0 ? {} : { skip: 'SKIPPED LOUDLY: making cgroups needs root' };

test('the cgroup2 mount is found among others, in a folder with a blank in its name', () => {
  const mountinfo = [
    '30 23 0:26 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755',
    '31 30 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu',
    '32 30 0:28 /kubepods /mnt/my\\040cgroups rw,nosuid shared:5 - cgroup2 cgroup2 rw,nsdelegate',
  ].join('\n');
  assert.deepEqual(findCgroup2Mount(mountinfo), { root: '/kubepods', mountPoint: '/mnt/my cgroups' });
  assert.equal(findCgroup2Mount('31 30 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n'), null);
  assert.equal(findCgroup2Mount(''), null);
});

test('our own cgroup is looked up below what the mount shows', () => {
  const mount = { root: '/', mountPoint: '/sys/fs/cgroup' };
  assert.equal(cgroupFolder(mount, '/'), '/sys/fs/cgroup');
  assert.equal(cgroupFolder(mount, '/user.slice/a'), '/sys/fs/cgroup/user.slice/a');
  assert.equal(cgroupFolder({ ...mount, root: '/pods' }, '/pods/a'), '/sys/fs/cgroup/a');
  assert.equal(cgroupFolder({ ...mount, root: '/pods' }, '/podsister'), '/sys/fs/cgroup');
  assert.equal(cgroupFolder(mount, '/../outside'), '/sys/fs/cgroup');
});

test('why no cgroup can be made is said with what to do, and twice by nobody', () => {
  const sentence = (code: string) =>
    describeError(noCgroup('/cg', Object.assign(new Error(`${code}: mkdir`), { code })));
  assert.equal(sentence('EACCES'), 'No cgroup can be made in /cg; run as root');
  assert.match(sentence('EROFS'), /^No cgroup can be made, since \/cg is read-only; run outside of the container/);
  assert.match(sentence('ENOSPC'), /run as root \(ENOSPC: mkdir\)$/);
});

test('what a command left behind goes on, outside, and the cgroup is gone', root, async () => {
  const cgroup = createLocalCgroup(process.pid);
  const daemon = spawn('sleep', ['60'], { stdio: 'ignore' });
  writeFileSync(join(cgroup.path, 'cgroup.procs'), String(daemon.pid));
  assert.equal(await cgroup.remove(), 1);
  assert.equal(existsSync(cgroup.path), false);
  assert.ok(readFileSync(join(ownCgroup(), 'cgroup.procs'), 'utf8').split('\n').includes(String(daemon.pid)));
  daemon.kill();
});

test('the cgroup of a run that was killed is taken away by the next', root, async () => {
  const dead = spawn('true', { stdio: 'ignore' });
  await new Promise((resolve) => dead.once('exit', resolve));
  const stale = createLocalCgroup(dead.pid ?? 0);
  const next = createLocalCgroup(process.pid);
  assert.equal(existsSync(stale.path), false);
  assert.equal(await next.remove(), 0);
});

test('the cgroup of a run that was killed is no hindrance to one with the same pid', root, async () => {
  createLocalCgroup(process.pid);
  const again = createLocalCgroup(process.pid);
  await again.remove();
  assert.equal(existsSync(again.path), false);
});

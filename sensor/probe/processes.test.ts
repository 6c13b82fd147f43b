import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ExecEvent } from '../decode/process-events.ts';
import { actor } from './testing/actor.ts';
import { skip } from './testing/machine.ts';
import { type Observation, observe } from './testing/observe.ts';

const nothing = [actor, 'nothing'];

/** The execution that the deed led to, and what executed it. */
function lineOf({ execs }: Observation): [child: ExecEvent, parent: ExecEvent] {
  const [parent, child] = execs;
  assert.ok(parent && child && execs.length === 2, `${execs.length} executions`);
  return [child, parent];
}

for (const [deed, how] of [
  ['vfork', 'of a process that shares its parent’s memory'],
  ['sibling', 'of a child that is given to its grandparent (CLONE_PARENT)'],
  ['adopt', 'of a process that was adopted by a subreaper'],
] as const)
  test(`an execution ${how} descends from the image that forked it`, { skip }, async () => {
    const observation = await observe((run) => run([actor, deed, ...nothing]));
    const [child, parent] = lineOf(observation);
    assert.deepEqual([child.parentImage, child.replaces], [parent.image, false]);
    assert.equal(observation.exits.length, observation.forks.length + 1);
  });

test('a child that is given to its grandparent has that one as its parent process', { skip }, async () => {
  const [child, parent] = lineOf(await observe((run) => run([actor, 'sibling', ...nothing])));
  assert.equal(child.parentPid, parent.pid);
});

test('a process id that is used again at once is another process', { skip }, async () => {
  const { execs, exits } = await observe((run) => run([actor, 'again', ...nothing]));
  const [first, second] = execs.slice(1);
  assert.deepEqual([first?.pid, first?.parentImage], [second?.pid, second?.parentImage]);
  assert.notEqual(first?.image, second?.image);
  assert.deepEqual(
    exits.map(({ image }) => image),
    [first?.image, second?.image, execs[0]?.image],
  );
});

test('a process that is born in another cgroup below keeps its line', { skip }, async () => {
  const observation = await observe(async (run, _, cgroup) => {
    execFileSync('mkdir', [join(cgroup, 'below')]);
    await run([actor, 'into', join(cgroup, 'below'), ...nothing]);
  });
  const [child, parent] = lineOf(observation);
  assert.deepEqual([child.parentImage, child.cgroupId === parent.cgroupId], [parent.image, false]);
});

test('what enters the cgroup from outside says so, and so does all that it starts', { skip }, async () => {
  const { execs } = await observe(async (run, _, cgroup) => {
    await run([actor, 'vfork', ...nothing]);
    execFileSync(actor, ['into', cgroup, ...nothing]);
  });
  assert.deepEqual(
    execs.map(({ origin }) => origin),
    ['joined', 'joined', 'joined'],
  );
});

test("a container's first process is told from one that was executed into it", { skip }, async () => {
  const { execs } = await observe(async (run, _, cgroup) => {
    execFileSync(actor, ['contain', cgroup, ...nothing]);
    await run(['/bin/sh', '-c', `unshare --pid --fork ${actor} nothing`]);
  });
  assert.deepEqual(
    execs.map(({ origin, nsPid }) => [origin, nsPid === 1]),
    [
      ['container', true],
      ['joined', false],
      ['joined', false],
      ['joined', true],
    ],
  );
});

test('a process that was there before the sensor says so', { skip }, async () => {
  const early = spawn(actor, ['wait', ...nothing], { stdio: ['pipe', 'ignore', 'inherit'] });
  const { execs } = await observe(async (_run, _local, cgroup) => {
    writeFileSync(join(cgroup, 'cgroup.procs'), `${early.pid}`);
    early.stdin.end('x');
    await once(early, 'exit');
  });
  assert.deepEqual(
    execs.map(({ origin, pid }) => [origin, pid]),
    [['before', early.pid]],
  );
});

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ExecEvent } from '../decode/process-events.ts';
import { actor, scratchFolder } from './testing/actor.ts';
import { skip } from './testing/machine.ts';
import { observe } from './testing/observe.ts';

/** A script by the name of the GitHub runner's worker that runs the given shell text. */
function makeWorker(folder: string, text: string, name = 'Runner.Worker'): string {
  mkdirSync(join(scratchFolder, folder), { recursive: true });
  const path = join(scratchFolder, folder, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return path;
}

/** The exec whose last argument is the given one. */
function named(execs: readonly ExecEvent[], last: string): ExecEvent {
  const found = execs.find((exec) => exec.argv.at(-1) === last);
  assert.ok(found, `no exec ends in ${last}`);
  return found;
}

test('each direct child of a runner is a root of its own, and all below inherit it', { skip }, async () => {
  const worker = makeWorker('roots', `sh -c '${actor} nothing one; true'; sh -c '${actor} nothing two; true'`);
  const { execs, forks } = await observe((run) => run([worker]));
  const [runner, one, two] = [named(execs, worker), named(execs, 'one'), named(execs, 'two')];
  assert.deepEqual([runner.isRunner, runner.root], [true, null]);
  assert.ok(one.root !== null && two.root !== null && one.root !== two.root);
  const roots = forks.filter((fork) => fork.pid === runner.pid);
  assert.deepEqual(
    roots.map((fork) => fork.childRoot),
    [one.root, two.root],
  );
  assert.ok(roots.every((fork) => fork.childRoot === fork.childId));
  const steps = execs.filter((exec) => exec.isRunnerChild);
  assert.deepEqual(
    steps.map((exec) => exec.parentPid),
    [runner.pid, runner.pid],
  );
});

test("act is a runner too, and a program whose name only ends like a runner's is none", { skip }, async () => {
  const act = makeWorker('names', 'true', 'act');
  const pact = makeWorker('names', 'true', 'pact');
  const { execs } = await observe(async (run) => {
    await run([act]);
    await run([pact]);
  });
  assert.deepEqual([named(execs, act).isRunner, named(execs, pact).isRunner], [true, false]);
});

test('a runner by name within a step is a process like any other', { skip }, async () => {
  const fake = makeWorker('fake', `${actor} nothing inner; true`);
  const worker = makeWorker('outer', `${fake}; true`);
  const { execs } = await observe((run) => run([worker]));
  const inner = named(execs, 'inner');
  assert.deepEqual([named(execs, fake).isRunner, inner.isRunnerChild], [false, false]);
  assert.equal(inner.root, named(execs, fake).root);
});

test('a daemon keeps the root of the step that left it behind', { skip }, async () => {
  const worker = makeWorker('daemon', `sh -c '${actor} daemon 9; true'; sleep 0.1`);
  const { connects, execs } = await observe((run) => run([worker]));
  const step = execs.find((exec) => exec.isRunnerChild);
  assert.equal(connects.length, 1);
  assert.equal(connects[0]?.root, step?.root);
  assert.notEqual(connects[0]?.pid, step?.pid);
});

test('a runner that becomes another program mints no more roots', { skip }, async () => {
  const worker = makeWorker('becomes', `exec sh -c '${actor} nothing later; true'`);
  const { execs } = await observe((run) => run([worker]));
  assert.equal(named(execs, 'later').root, null);
});

const variables = {
  GITHUB_ACTION: '__run_2',
  GITHUB_OUTPUT: '/tmp/set_output_5',
  GITHUB_WORKFLOW: 'CI with = and blanks',
  RUNNER_NAME: 'r1',
  TRACEPARENT: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};

test('a step gives its allowed variables and no other', { skip }, async () => {
  const worker = makeWorker('allowed', `${actor} nothing step; true`);
  const env = {
    PATH: '/usr/bin:/bin',
    GITHUB_TOKEN: 'ghs_secret',
    AWS_SECRET_ACCESS_KEY: 's',
    GITHUB_ACTIONS: 'true',
    ...variables,
  };
  const { execs } = await observe((run) => run([worker], { env }));
  assert.deepEqual({ ...named(execs, 'step').env }, variables);
  assert.deepEqual([named(execs, 'step').envTruncated, named(execs, worker).env], [false, {}]);
});

test('only the first program of a step gives variables', { skip }, async () => {
  const worker = makeWorker('first', `sh -c 'GITHUB_ACTION=forged exec ${actor} exec /bin/sh -c ":" last'; true`);
  const { execs } = await observe((run) => run([worker], { env: { ...variables } }));
  assert.deepEqual(
    execs.filter((exec) => exec.isRunnerChild).map((exec) => exec.env.GITHUB_ACTION),
    ['__run_2', undefined, undefined],
  );
});

/** One read of the kernel program takes 543 bytes of a variable (ENV_CHUNK_BYTES - 1). */
const chunk = 543;

test('a long variable forges no key at any place where a read ends', { skip }, async () => {
  const worker = makeWorker('forge', `${actor} nothing step; true`);
  const lie = 'GITHUB_ACTION=forged';
  for (const shift of [-1, 0, 1]) {
    const padding = `${'x'.repeat(chunk + shift - 'BIG='.length)}${lie}`;
    const repeated = `${padding}${'y'.repeat(chunk - lie.length)}${lie}`;
    const { execs } = await observe((run) => run([worker], { env: { BIG: repeated, ...variables } }));
    assert.equal(named(execs, 'step').env.GITHUB_ACTION, '__run_2');
  }
});

test('a value of any length keeps its neighbours readable, and is cut at 512 bytes', { skip }, async () => {
  const worker = makeWorker('cut', `${actor} nothing step; true`);
  for (const length of [511, 512, 513, chunk - 'GITHUB_JOB='.length, chunk, 3 * chunk, 100_000]) {
    const { execs } = await observe((run) => run([worker], { env: { GITHUB_JOB: 'j'.repeat(length), ...variables } }));
    const { env, envTruncated } = named(execs, 'step');
    assert.deepEqual({ ...env }, { GITHUB_JOB: 'j'.repeat(Math.min(length, 512)), ...variables }, `length ${length}`);
    assert.equal(envTruncated, length > 512, `length ${length}`);
  }
});

test('ten thousand variables before it do not hide a key', { skip }, async () => {
  const worker = makeWorker('many', `${actor} nothing step; true`);
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`V${i}`, 'x']));
  const { execs } = await observe((run) => run([worker], { env: { ...many, ...variables } }));
  assert.deepEqual({ ...named(execs, 'step').env }, variables);
});

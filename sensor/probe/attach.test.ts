import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { actor, scratchFolder } from './testing/actor.ts';
import { skip } from './testing/machine.ts';
import { observe } from './testing/observe.ts';

const shell = realpathSync('/bin/sh');

test('an exec is told with path, filename, arguments, working directory and user', { skip }, async () => {
  const { execs } = await observe((run) =>
    run(['/bin/sh', '-c', 'exit 0', 'zero', '', 'two words'], { cwd: '/usr/bin' }),
  );
  assert.equal(execs.length, 1);
  const exec = execs[0];
  assert.deepEqual(
    [exec?.path, exec?.filename, exec?.cwd, exec?.argv, exec?.argc, exec?.uid],
    [shell, '/bin/sh', realpathSync('/usr/bin'), ['/bin/sh', '-c', 'exit 0', 'zero', '', 'two words'], 6, 0],
  );
  assert.deepEqual([exec?.argvTruncated, exec?.pathTruncated, exec?.env, exec?.root], [false, false, {}, null]);
});

test('a script is told by its own name and its interpreter by its path', { skip }, async () => {
  const script = join(scratchFolder, 'greet');
  writeFileSync(script, '#!/bin/sh -e\n:\n', { mode: 0o755 });
  const { execs } = await observe((run) => run([script, 'you']));
  assert.deepEqual(
    [execs[0]?.filename, execs[0]?.path, execs[0]?.argv],
    [script, shell, ['/bin/sh', '-e', script, 'you']],
  );
});

test("an exec that fails tells nothing, and its status is a shell's", { skip }, async () => {
  const unfit = join(scratchFolder, 'unfit');
  writeFileSync(unfit, '', { mode: 0o644 });
  const { execs, exits } = await observe(async (run) => {
    assert.equal((await run([unfit])).code, 126);
    assert.equal((await run([join(scratchFolder, 'absent')])).code, 127);
  });
  assert.deepEqual([execs, exits], [[], []]);
});

test('arguments beyond 4 KiB are cut and flagged', { skip }, async () => {
  const { execs } = await observe((run) => run([actor, 'nothing', 'a'.repeat(10_000)]));
  assert.equal(execs[0]?.argvTruncated, true);
  assert.equal(execs[0]?.argv.join('\0').length, 4096);
  assert.equal(execs[0]?.argc, 3);
});

test("the path crosses mounts and is told from the process's own root", { skip }, async () => {
  const folder = join(scratchFolder, 'root');
  mkdirSync(join(folder, 'deep'), { recursive: true });
  const script = `mount -t tmpfs none ${folder} && mkdir ${folder}/deep && cp ${actor} ${folder}/deep/actor && ${folder}/deep/actor nothing; chroot ${folder} /deep/actor nothing`;
  const { execs } = await observe((run) => run(['unshare', '--mount', 'sh', '-c', script]));
  const paths = execs.filter((exec) => exec.argv[1] === 'nothing').map((exec) => [exec.path, exec.cwd]);
  assert.deepEqual(paths, [
    [join(folder, 'deep', 'actor'), '/'],
    ['/deep/actor', '/'],
  ]);
});

test('a path of more than 2 KiB keeps its end and is flagged', { skip }, async () => {
  const script = `cd ${scratchFolder}; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do mkdir ${'d'.repeat(200)}; cd ${'d'.repeat(200)}; done; ${actor} nothing`;
  const { execs } = await observe((run) => run(['/bin/sh', '-c', script]));
  const last = execs.find((exec) => exec.argv[1] === 'nothing');
  assert.deepEqual([last?.pathTruncated, last?.path, last?.cwd.length], [true, actor, 10 * 201]);
});

test('a program of no file system is told by its name', { skip }, async () => {
  const { execs } = await observe((run) => run([actor, 'memfd']));
  assert.deepEqual([execs[1]?.path, execs[1]?.argv, execs[1]?.replaces], ['/memfd:ghost', ['ghost', 'nothing'], true]);
});

test('a fork that executes nothing is told, and its end too', { skip }, async () => {
  const { forks, exits, execs } = await observe((run) => run([actor, 'fork', '7']));
  assert.equal(forks.length, 1);
  const child = exits.find((exit) => exit.pid === forks[0]?.childPid);
  assert.deepEqual([child?.code, child?.image], [7, execs[0]?.image]);
  assert.equal(exits.length, 2);
});

test('an end is told with its code or its signal, as wait(2) has them', { skip }, async () => {
  const { exits } = await observe(async (run) => {
    assert.equal((await run(['/bin/sh', '-c', 'exit 3'])).code, 3);
    assert.equal((await run([actor, 'kill', '15'])).signal, 'SIGTERM');
  });
  assert.deepEqual(
    exits.map(({ code, signal }) => [code, signal]),
    [
      [3, 0],
      [0, 15],
    ],
  );
});

test('a process of many threads ends once, with the code of the one that ended it', { skip }, async () => {
  const { exits, forks } = await observe((run) => run([actor, 'threads', '20', '9']));
  assert.deepEqual(
    exits.map((exit) => exit.code),
    [9],
  );
  assert.equal(forks.length, 0);
});

test('an exec by another thread than the first is one of the same process', { skip }, async () => {
  const { execs, exits } = await observe((run) => run([actor, 'thread-exec', '/bin/true']));
  assert.equal(execs[1]?.pid, execs[0]?.pid);
  assert.deepEqual([execs[1]?.replaces, execs[1]?.parentImage, exits.length], [true, execs[0]?.image, 1]);
});

test('an exec without a fork replaces the image and keeps the process', { skip }, async () => {
  const { execs, exits } = await observe((run) => run([actor, 'exec', '/bin/true']));
  assert.deepEqual([execs[0]?.replaces, execs[0]?.parentImage, execs[1]?.replaces], [false, null, true]);
  assert.deepEqual([execs[1]?.parentImage, exits[0]?.image], [execs[0]?.image, execs[1]?.image]);
});

test('connections are told with address, port, transport and family', { skip }, async (context) => {
  const server = createServer().listen(0, '127.0.0.1');
  context.after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const { connects } = await observe(async (run) => {
    await run([actor, 'connect', '4', 'tcp', `${port}`]);
    await run([actor, 'connect', '4', 'udp', '53']);
    await run([actor, 'connect', '6', 'tcp', '1']);
    await run([actor, 'connect', '6', 'udp', '2']);
    await run([actor, 'connect', '46', 'tcp', `${port}`]);
  });
  assert.deepEqual(
    connects.map((connect) => [connect.address, connect.port, connect.transport, connect.family, connect.hook]),
    [
      ['127.0.0.1', port, 'tcp', 'ipv4', 'connect'],
      ['127.0.0.1', 53, 'udp', 'ipv4', 'connect'],
      ['::1', 1, 'tcp', 'ipv6', 'connect'],
      ['::1', 2, 'udp', 'ipv6', 'connect'],
      ['127.0.0.1', port, 'tcp', 'ipv4', 'connect'],
    ],
  );
});

test('datagrams are told once for each socket and destination', { skip }, async () => {
  const { connects } = await observe(async (run) => {
    await run([actor, 'send', '4', '5000', '100']);
    await run([actor, 'send', '6', '5000', '3']);
  });
  assert.deepEqual(
    connects.map((connect) => [connect.address, connect.port, connect.hook]),
    [
      ['127.0.0.1', 5000, 'sendmsg'],
      ['127.0.0.1', 5001, 'sendmsg'],
      ['::1', 5000, 'sendmsg'],
      ['::1', 5001, 'sendmsg'],
    ],
  );
});

test('cgroups below the observed one are observed, and what is beside it is not', { skip }, async () => {
  const { execs } = await observe(async (run, _, cgroup) => {
    mkdirSync(join(cgroup, 'below'));
    await run(['/bin/sh', '-c', `echo 0 > ${cgroup}/below/cgroup.procs && exec ${actor} nothing`]);
    execFileSync('/bin/true');
  });
  assert.deepEqual(
    execs.map((exec) => exec.path),
    [shell, actor],
  );
  assert.notEqual(execs[0]?.cgroupId, execs[1]?.cgroupId);
});

test('a process that leaves the cgroup is counted, once, and its end is told', { skip }, async () => {
  const { stats, exits } = await observe(async (run, _, cgroup) => {
    await run(['/bin/sh', '-c', `echo 0 > ${cgroup}/../cgroup.procs; echo 0 > ${cgroup}/../cgroup.procs; /bin/true`]);
    await run(['/bin/sh', '-c', `echo 0 > ${cgroup}/../cgroup.procs && echo 0 > ${cgroup}/cgroup.procs && /bin/true`]);
  });
  // Both shells, and what the one that came back ran.
  assert.deepEqual([stats.left, exits.length], [2, 3]);
});

test('a probe of local mode keeps no capability either', { skip }, async () => {
  await observe((_, local) => {
    const status = readFileSync(`/proc/${local.pid}/status`, 'utf8');
    for (const set of ['Inh', 'Prm', 'Eff', 'Bnd', 'Amb']) assert.match(status, new RegExp(`^Cap${set}:\t0+$`, 'm'));
    return Promise.resolve();
  });
});

test('the canary leaves nothing among the events', { skip }, async () => {
  const { hello, events, stats } = await observe(() => Promise.resolve());
  assert.equal(hello.armed, true);
  assert.deepEqual(
    events.filter(({ kind }) => kind !== 'stats').map(({ kind }) => kind),
    ['hello', 'flushed'],
  );
  assert.ok(stats.cpus.every((next) => next === 0));
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { FileEvent } from '../decode/file-events.ts';
import { countEach, eventClasses } from '../decode/kernel-events.ts';
import type { ProbeEvent, StatsEvent } from '../decode/probe-events.ts';
import { secretPaths } from '../files/testing/secret-paths.ts';
import { scratchFolder } from './testing/actor.ts';
import { fileActor } from './testing/file-actor.ts';
import { skip } from './testing/machine.ts';
import { type Observation, observe } from './testing/observe.ts';

function makeFolder(context: TestContext): string {
  const folder = mkdtempSync(join(scratchFolder, 'files-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What the file actor's deeds were told as. */
async function watch(deeds: readonly (string | number)[], cwd = '/'): Promise<Observation> {
  return await observe(
    async (run) => assert.equal((await run([fileActor, ...deeds.map(String)], { cwd })).code, 0),
    ['--files'],
  );
}

function told(files: readonly FileEvent[]): unknown[] {
  return files.map(({ operation, source, path, path2 }) => [operation, source, path, path2].filter(Boolean));
}

test('a file that is made is told by its path, however it is opened', { skip }, async (context) => {
  const at = makeFolder(context);
  const names = ['creat', 'open', 'openat', 'openat2', 'int80'];
  const deeds = names.flatMap((name) => (name === 'openat' ? [name, at, name] : [name, join(at, name)]));
  const { files } = await watch(deeds);
  assert.deepEqual(
    told(files),
    names.map((name) => ['create', 'file', join(at, name)]),
  );
  assert.match(files[0]?.file ?? '', /^\d+:\d+-\d+$/);
});

test('a file that is opened for writing is told, also when memory writes it', { skip }, async (context) => {
  const at = makeFolder(context);
  for (const name of ['a', 'b', 'c']) writeFileSync(join(at, name), '');
  const { files } = await watch([
    'write',
    join(at, 'a'),
    'map',
    join(at, 'b'),
    'open',
    join(at, 'c'),
    'read',
    join(at, 'c'),
  ]);
  assert.deepEqual(
    told(files),
    ['a', 'b', 'c'].map((name) => ['write', 'file', join(at, name)]),
  );
});

test('each other change is told as it was asked for', { skip }, async (context) => {
  const at = makeFolder(context);
  const [a, b, c, folder, link, soft, fifo] = ['a', 'b', 'c', 'folder', 'link', 'soft', 'fifo'].map((name) =>
    join(at, name),
  );
  writeFileSync(`${a}`, '');
  writeFileSync(`${b}`, '');
  const { files } = await watch([
    ...['rename', `${a}`, `${c}`, 'renameat', `${c}`, `${a}`, 'exchange', `${a}`, `${b}`, 'mkdir', `${folder}`],
    ...['link', `${a}`, `${link}`, 'symlink', 'nowhere', `${soft}`, 'mkfifo', `${fifo}`, 'truncate', `${a}`],
    ...['chmod', `${a}`, 'fchmod', `${b}`, 'unlink', `${link}`, 'unlinkat', at, 'soft', 'rmdir', `${folder}`],
  ]);
  assert.deepEqual(told(files), [
    ['rename', 'argument', a, c],
    ['rename', 'argument', c, a],
    ['exchange', 'argument', a, b],
    ['mkdir', 'argument', folder],
    ['link', 'argument', link, a],
    ['symlink', 'argument', soft],
    ['create', 'argument', fifo],
    ['truncate', 'argument', a],
    ['chmod', 'argument', a],
    ['chmod', 'file', b],
    ['delete', 'argument', link],
    ['delete', 'argument', soft],
    ['delete', 'argument', folder],
  ]);
  assert.deepEqual([files[8]?.mode, files[9]?.mode], [0o640, 0o100604]);
});

test('a file without a name is told, and then the name that it gets', { skip }, async (context) => {
  const at = makeFolder(context);
  const { files } = await watch(['tmpfile', at, join(at, 'named')]);
  assert.deepEqual(
    files.map(({ operation, path }) => [operation, path.replace(/#\d+/, '#')]),
    [
      ['create', join(at, '#')],
      ['link', join(at, 'named')],
    ],
  );
});

test('what fails, and what only reads, tells nothing', { skip }, async (context) => {
  const at = makeFolder(context);
  const { files } = await observe(
    async (run) => {
      for (const deed of [['unlink'], ['rmdir'], ['mkdir'], ['write'], ['truncate'], ['rename', join(at, 'other')]])
        await run([fileActor, deed[0] ?? '', join(at, 'absent', 'x'), ...deed.slice(1)]);
      await run(['/bin/sh', '-c', `cat /etc/passwd; ls ${at} > /dev/null; :`]);
    },
    ['--files'],
  );
  assert.deepEqual(told(files), []);
});

test('an open file is told by what it is, not by the link that led to it', { skip }, async (context) => {
  const at = makeFolder(context);
  mkdirSync(join(at, 'real'));
  symlinkSync('real', join(at, 'alias'));
  symlinkSync('real/target', join(at, 'link'));
  const { files } = await watch(['creat', join(at, 'link'), 'write', join(at, 'alias', 'target')]);
  assert.deepEqual(told(files), [
    ['create', 'file', join(at, 'real', 'target')],
    ['write', 'file', join(at, 'real', 'target')],
  ]);
});

test("paths are told from the process's own root, across its own mounts", { skip }, async (context) => {
  const at = makeFolder(context);
  const script = `mount -t tmpfs none ${at} && mkdir ${at}/deep && ${fileActor} creat ${at}/deep/seen chroot ${at} creat /deep/inside unlink deep/seen`;
  const { files } = await observe((run) => run(['unshare', '--mount', 'sh', '-c', script]), ['--files']);
  assert.deepEqual(told(files.filter(({ path }) => path.includes('deep/'))), [
    ['create', 'file', join(at, 'deep', 'seen')],
    ['create', 'file', '/deep/inside'],
    ['delete', 'argument', '/deep/seen'],
  ]);
});

test('a relative path is told from the working folder, also one that is gone', { skip }, async (context) => {
  const at = makeFolder(context);
  mkdirSync(join(at, 'cwd'));
  const { files } = await watch(
    ['mkdir', 'x', 'rmdir', '../cwd/x', 'unlink', 'y', 'rmdir', join(at, 'cwd')].slice(0, 4),
    join(at, 'cwd'),
  );
  assert.deepEqual(told(files), [
    ['mkdir', 'argument', join(at, 'cwd', 'x')],
    ['delete', 'argument', join(at, 'cwd', 'x')],
  ]);
  const gone = await watch(['chdir', join(at, 'cwd'), 'rmdir', join(at, 'cwd'), 'unlink', '../outside'].slice(0, 4));
  assert.deepEqual(told(gone.files), [['delete', 'argument', join(at, 'cwd')]]);
  writeFileSync(join(at, 'outside'), '');
  mkdirSync(join(at, 'cwd'));
  const far = await watch(['chdir', join(at, 'cwd'), 'rmdir', join(at, 'cwd'), 'write', join(at, 'outside')]);
  assert.deepEqual(told(far.files).at(-1), ['write', 'file', join(at, 'outside')]);
});

test('hostile names come as they are, and bytes that are no text are escaped', { skip }, async (context) => {
  const at = makeFolder(context);
  const names = ['new\nline', '\x1b[31mred', 'x'.repeat(255), 'ü‮', "quo'te"];
  const script = `printf x > '${at}/'$(printf 'raw\\377\\200')`;
  const { files } = await observe(
    async (run) => {
      await run([fileActor, ...names.flatMap((name) => ['creat', join(at, name), 'unlink', join(at, name)])]);
      await run(['/bin/sh', '-c', script]);
    },
    ['--files'],
  );
  assert.deepEqual(
    files.map(({ path }) => path),
    [...names.flatMap((name) => [join(at, name), join(at, name)]), `${at}/raw\\xff\\x80`],
  );
});

test('of a path beyond 2 KiB the end is kept of a file, the begin of what was asked for, and it is flagged', {
  skip,
}, async (context) => {
  const at = makeFolder(context);
  const part = 'd'.repeat(200);
  const down = Array.from({ length: 15 }, () => ['mkdir', part, 'chdir', part]).flat();
  const { files } = await watch(['chdir', at, ...down, 'creat', 'leaf', 'unlink', 'leaf']);
  const [made, deleted] = files.slice(-2);
  assert.deepEqual([made?.pathTruncated, deleted?.pathTruncated], [true, true]);
  assert.match(made?.path ?? '', /^(\/d{200}){10}\/leaf$/);
  const long = `${'./'.repeat(1500)}leaf`;
  const { files: again } = await watch(['chdir', at, 'creat', long, 'unlink', long]);
  assert.deepEqual(
    again.map(({ operation, pathTruncated }) => [operation, pathTruncated]),
    [
      ['create', false],
      ['delete', true],
    ],
  );
});

test('a secret that is read is told, and its like that is none is not', { skip }, async (context) => {
  const at = makeFolder(context);
  for (const folder of ['.ssh', '.aws', 'plain']) mkdirSync(join(at, folder));
  const secrets = ['.npmrc', '.netrc', '.git-credentials', '.ssh/id_ed25519', '.aws/credentials'];
  for (const name of [...secrets, 'plain/notes']) writeFileSync(join(at, name), '');
  const { files } = await watch([...secrets, 'plain/notes'].flatMap((name) => ['read', join(at, name)]));
  assert.deepEqual(
    told(files),
    secrets.map((name) => ['read', 'file', join(at, name)]),
  );
});

test('every path that gives a secret away passes the test of its name in the kernel', { skip }, async (context) => {
  const at = makeFolder(context);
  const paths = secretPaths.map(([, path]) => join(at, path));
  for (const path of paths) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
  }
  const { files } = await watch(paths.flatMap((path) => ['read', path]));
  assert.deepEqual(
    files.map(({ path }) => path),
    paths,
  );
});

test("another process's memory and environment are told by its number", { skip }, async () => {
  const { files } = await watch([
    'read',
    `/proc/${process.pid}/environ`,
    'read',
    '/proc/self/environ',
    'read',
    '/proc/self/status',
  ]);
  assert.deepEqual(
    files.map(({ path }) => path.replace(/\d+/, '#')),
    ['/proc/#/environ', '/proc/#/environ'],
  );
  assert.equal(files[0]?.path, `/proc/${process.pid}/environ`);
});

test('a ring for requests is told when it is set up, and each kind of request that names files', {
  skip,
}, async (context) => {
  const at = makeFolder(context);
  const { files } = await watch(['uring', join(at, 'unseen')]);
  assert.deepEqual(
    files.map(({ operation, source, request }) => [operation, source, request]),
    [
      ['uring', 'none', ''],
      ['uring', 'none', 'openat'],
    ],
  );
  assert.deepEqual(readdirSync(at), ['unseen']);
});

test('what a process does again is counted, and told once at its end', { skip }, async (context) => {
  const file = join(makeFolder(context), 'a');
  writeFileSync(file, '');
  const { files, exits } = await watch(['again', file, 1000]);
  assert.deepEqual(
    files.map(({ operation, path, count }) => [operation, path, count]),
    [
      ['write', file, 1],
      ['write', '', 999],
    ],
  );
  assert.ok((files[1]?.time ?? 0n) <= (exits[0]?.time ?? 0n));
  assert.equal(files[1]?.image, exits[0]?.image);
});

test('an account holds what processes that still live did again, each time once', { skip }, async (context) => {
  const at = makeFolder(context);
  const [file, reached, gate] = ['a', 'reached', 'gate'].map((name) => join(at, name)) as [string, string, string];
  writeFileSync(file, '');
  execFileSync('mkfifo', [reached, gate]);
  const { files, execs, stats, events } = await observe(
    async (run, local) => {
      const ended = run([fileActor, 'again', file, '4', 'read', reached, 'again', file, '2', 'read', gate]);
      await writeFile(reached, '');
      await local.flush();
      await writeFile(gate, '');
      await ended;
    },
    ['--files'],
  );
  assert.deepEqual([files[0]?.count, files.slice(1).reduce((sum, { count }) => sum + count, 0)], [1, 5]);
  assert.ok(events.findIndex(({ kind }) => kind === 'flushed') > events.indexOf(files[1] as FileEvent));
  for (const { image, pid, nsPid, uid, cgroupId } of files)
    assert.deepEqual(
      [image, pid, nsPid, uid, cgroupId],
      [execs[0]?.image, execs[0]?.pid, execs[0]?.nsPid, 0, execs[0]?.cgroupId],
    );
  assertAccounted(stats, events);
});

test('each process tells for itself, and again after an exec', { skip }, async (context) => {
  const file = join(makeFolder(context), 'a');
  writeFileSync(file, '');
  const script = `${fileActor} again ${file} 3; exec ${fileActor} again ${file} 2`;
  const { files } = await observe((run) => run(['/bin/sh', '-c', script]), ['--files']);
  assert.deepEqual(
    files.map(({ count }) => count),
    [1, 2, 1, 1],
  );
});

test('events of files stand between the exec and the exit of their process', { skip }, async (context) => {
  const at = makeFolder(context);
  const script = `for i in $(seq 200); do ${fileActor} creat ${at}/$i; done`;
  const { events } = await observe((run) => run(['/bin/sh', '-c', script]), ['--files']);
  const live = new Set<string>();
  let seen = 0;
  for (const event of events) {
    if (event.kind === 'exec') live.add(event.image);
    if (event.kind === 'exit') live.delete(event.image);
    if (event.kind !== 'file') continue;
    seen += 1;
    assert.ok(live.has(event.image), `the file ${event.path} was told out of turn`);
  }
  assert.equal(seen, 200);
});

/** What was produced was lost in the kernel, dropped by the probe, or received. */
function assertAccounted(stats: StatsEvent, events: readonly ProbeEvent[]): void {
  for (const kind of eventClasses) {
    const received = events.filter((event) => event.kind === kind).length;
    assert.equal(stats.produced[kind], stats.lost[kind] + stats.probeDropped[kind] + received, kind);
  }
}

test('a storm of creations is told to the last one', { skip }, async (context) => {
  const at = makeFolder(context);
  for (let i = 0; i < 4; i += 1) mkdirSync(join(at, `${i}`));
  const { files, stats, events } = await watch(['threads', at, 2500]);
  assertAccounted(stats, events);
  assert.deepEqual(
    stats.lost,
    countEach(() => 0),
  );
  const made = files.filter(({ operation }) => operation === 'create').reduce((sum, { count }) => sum + count, 0);
  assert.equal(
    made,
    [0, 1, 2, 3].reduce((sum, i) => sum + readdirSync(join(at, `${i}`)).length, 0),
  );
});

test('a flood of a hundred thousand opens displaces no process, and its account closes', { skip }, async (context) => {
  const at = makeFolder(context);
  const script = `${fileActor} creations ${at} 100000 & ${fileActor} children 500; wait`;
  const { execs, exits, stats, events } = await observe(
    (run) => run(['/bin/sh', '-c', script]),
    ['--file-ring-bytes', '4096'],
  );
  assertAccounted(stats, events);
  assert.equal(stats.produced.file, 100_000);
  assert.ok(stats.lost.file + stats.probeDropped.file > 0);
  assert.deepEqual(
    { ...stats.lost, file: 0 },
    countEach(() => 0),
  );
  assert.deepEqual(
    { ...stats.probeDropped, file: 0 },
    countEach(() => 0),
  );
  assert.deepEqual([execs.length, exits.length], [503, 503]);
});

test('without being asked, no file is told of and no system call is looked at', { skip }, async (context) => {
  const at = makeFolder(context);
  const { files, hello } = await observe((run) => run([fileActor, 'creat', join(at, 'a')]));
  assert.deepEqual([files, hello.watchesFiles], [[], false]);
  const { hello: asked } = await observe(() => Promise.resolve(), ['--files']);
  assert.deepEqual([asked.watchesFiles, asked.fileWatch], [true, 'Always']);
  assert.ok(realpathSync(at));
});

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

const chaperone = join(import.meta.dirname, '..', '..', 'bin', 'chaperone');
const folder = mkdtempSync(join(tmpdir(), 'chaperone-launcher-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** A checkout with the real bin/chaperone, in which building the probe takes for ever. */
function slowCheckout(name: string): { root: string; program: string; pidFile: string } {
  const root = join(folder, name);
  const pidFile = join(root, 'builder');
  const files = {
    'sensor/build': `#!/bin/sh\nsleep 600 &\necho "$$ $!" >${pidFile}.new\nmv ${pidFile}.new ${pidFile}\nwait\n`,
    'scripts/setup': '#!/bin/sh\necho "set up again" >&2\nexit 1\n',
    'sensor/bpf/sensor.bpf.c': '',
    'sensor/probe/main.c': '',
    'sensor/cli.ts': 'console.log("ran");',
    'node_modules/.package-lock.json': '{}',
    'node_modules/.bin/.keep': '',
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text, { mode: 0o755 });
  }
  symlinkSync(process.execPath, join(root, 'node_modules/.bin/node'));
  const program = join(root, 'bin', 'chaperone');
  cpSync(chaperone, program);
  return { root, program, pidFile };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(10);
}

function isAlive(pid: number): boolean {
  // A zombie in a container without an init has ended as well.
  return existsSync(`/proc/${pid}/stat`) && !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

async function endOf(child: ChildProcess): Promise<[number | null, NodeJS.Signals | null, string, string]> {
  const texts = [child.stdout, child.stderr].map((stream) => stream?.setEncoding('utf8').toArray() ?? []);
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.once('exit', (...how) => resolve(how)),
  );
  const [stdout = [], stderr = []] = await Promise.all(texts);
  return [code, signal, stdout.join(''), stderr.join('')];
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${signal} while the probe is built ends the build with all of its processes, and runs nothing`, async () => {
    const { program, pidFile } = slowCheckout(`slow-${signal}`);
    const child = spawn(program, ['run', '--', 'true'], { stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = endOf(child);
    await until(() => existsSync(pidFile));
    child.kill(signal);
    const [code, by, stdout, stderr] = await ended;
    assert.deepEqual([code, by, stdout], [null, signal, '']);
    assert.match(stderr, /\nchaperone: stopped while setting up; nothing was run, and the next call begins anew\n$/);
    const builders = readFileSync(pidFile, 'utf8').trim().split(' ').map(Number);
    await until(() => !builders.some(isAlive));
  });
}

test('packages that were installed half-way are installed again', async () => {
  const { root, program } = slowCheckout('cut-off');
  assert.equal((await endOf(spawn(program, ['--version'])))[2], 'ran\n');
  rmSync(join(root, 'node_modules/.package-lock.json'));
  const [code, , , stderr] = await endOf(spawn(program, ['--version']));
  assert.equal(code, 3);
  assert.match(stderr, /setting up, once.*\nset up again\nchaperone: the set-up failed/);
});

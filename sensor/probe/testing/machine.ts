import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const root = join(import.meta.dirname, '..', '..', '..');

/** Built, if it is not up to date, by the first test that asks. */
export const probe: string = join(root, 'dist', 'probe');
execFileSync(join(root, 'sensor', 'build'), { stdio: ['ignore', 'ignore', 'inherit'] });

const mount = findMount();

/** What `test` takes as its `skip`: false where kernel programs can be loaded, else why they cannot. */
export const skip: string | false = whyNot();
if (skip !== false) process.stderr.write(`SKIPPED: the tests of the probe on the real kernel: ${skip}\n`);

function findMount(): string | undefined {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return lines.find((line) => line.includes(' - cgroup2 '))?.split(' ')[4];
}

function whyNot(): string | false {
  if (process.getuid?.() !== 0) return 'they need root';
  if (mount === undefined) return 'no cgroup2 file system is mounted';
  return existsSync('/sys/kernel/btf/vmlinux') ? false : 'the kernel has no BTF';
}

let made = 0;

/** A cgroup of the test's own; `path` may name several levels. It goes, with everything in it, when it is disposed of. */
export function makeCgroup(path: string): AsyncDisposable & { readonly path: string } {
  made += 1;
  const top = join(mount ?? '', `chaperone-test-${process.pid}-${made}`);
  mkdirSync(join(top, path), { recursive: true });
  return { path: join(top, path), [Symbol.asyncDispose]: () => removeCgroup(top) };
}

async function removeCgroup(path: string): Promise<void> {
  writeFileSync(join(path, 'cgroup.kill'), '1');
  await until(() => readFileSync(join(path, 'cgroup.events'), 'utf8').includes('populated 0'));
  removeTree(path);
}

function removeTree(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true }))
    if (entry.isDirectory()) removeTree(join(path, entry.name));
  rmdirSync(path);
}

/** Waits for a condition, looking every few milliseconds. Throws after ten seconds, naming it. */
export async function until(condition: () => boolean): Promise<void> {
  for (let look = 0; look < 2000; look += 1) {
    if (condition()) return;
    await delay(5);
  }
  throw new Error(`It did not come to pass: ${condition}`);
}

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for one test file, readable and writable by everyone: the sensor's Node runs as nobody. */
export const scratchFolder: string = mkdtempSync(join(tmpdir(), 'chaperone-test-'));
chmodSync(scratchFolder, 0o777);
process.once('exit', () => rmSync(scratchFolder, { recursive: true, force: true }));

/** The program of actor.c, compiled: `actor DEED ARGUMENT…`. */
export const actor: string = compile('actor', ['-pthread']);

/** The program of tiny.c, compiled anew at each call: it only ends. */
export function compileTiny(): string {
  return compile('tiny', ['-nostdlib']);
}

function compile(name: string, flags: readonly string[]): string {
  const path = join(scratchFolder, name);
  const source = join(import.meta.dirname, `${name}.c`);
  execFileSync('gcc', ['-O1', '-Wall', '-Wextra', '-Werror', '-static', ...flags, source, '-o', path]);
  return path;
}

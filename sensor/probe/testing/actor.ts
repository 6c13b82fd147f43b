import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder for one test file, readable and writable by everyone: the sensor's Node runs as nobody. */
export const scratchFolder: string = mkdtempSync(join(tmpdir(), 'chaperone-test-'));
chmodSync(scratchFolder, 0o777);
process.once('exit', () => rmSync(scratchFolder, { recursive: true, force: true }));

/** The program of actor.c, compiled: `actor DEED ARGUMENT…`. */
export const actor: string = compile(join(scratchFolder, 'actor'));

function compile(path: string): string {
  const source = join(import.meta.dirname, 'actor.c');
  execFileSync('gcc', ['-O1', '-Wall', '-Wextra', '-Werror', '-static', '-pthread', source, '-o', path]);
  return path;
}

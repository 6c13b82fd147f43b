import { execFileSync, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { classOf } from '../../export/span-class.ts';
import { readTraces } from '../../export/trace-reader.ts';
import type { Summary } from '../../report/summary.ts';
import type { FinishedSpan } from '../../spans/finished-span.ts';

const repository = join(import.meta.dirname, '..', '..', '..');
export const chaperone = join(repository, 'bin', 'chaperone');
export const folder = mkdtempSync(join(tmpdir(), 'chaperone-run-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** The real sensor needs root and a kernel that takes it: elsewhere these tests are skipped, with the doctor's words. */
const doctor = spawnSync(chaperone, ['doctor'], { encoding: 'utf8' });
export const real =
  doctor.status === 0
    ? {}
    : { skip: `SKIPPED LOUDLY, the sensor does not work here:\n${doctor.stdout}${doctor.stderr}` };

export interface Ran {
  readonly pid: number | undefined;
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly summary: Summary;
  readonly spans: readonly FinishedSpan[];
  readonly resource: Record<string, unknown>;
}

let runs = 0;

/** Runs `chaperone run` with these arguments and reads what it wrote. */
export async function run(
  args: readonly string[],
  options: SpawnOptions = {},
  program: readonly string[] = [chaperone],
): Promise<Ran> {
  const out = join(folder, `out-${runs++}`);
  const [first = '', ...rest] = program;
  const child = spawn(first, [...rest, 'run', '--out', out, ...args], {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = Promise.all([child.stdout, child.stderr].map((stream) => stream?.setEncoding('utf8').toArray() ?? []));
  const status = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [stdout = '', stderr = ''] = (await texts).map((parts) => parts.join(''));
  const { resources } = readTraces(readFileSync(join(out, 'trace.otlp.json'), 'utf8'));
  const summary = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')) as Summary;
  return {
    pid: child.pid,
    status,
    stdout,
    stderr,
    summary,
    spans: resources.flatMap(({ spans }) => spans),
    resource: resources[0]?.attributes ?? {},
  };
}

export function ofClass(spans: readonly FinishedSpan[], wanted: string): FinishedSpan[] {
  return spans.filter((span) => classOf(span) === wanted);
}

/** A git repository of these files with one commit; its folder. */
export function makeRepository(name: string, files: Readonly<Record<string, string>>): string {
  const workspace = makeFolder(name, files);
  const author = ['-c', 'user.name=Octo', '-c', 'user.email=octo@example.com'];
  for (const args of [
    ['init', '-q', '-b', 'main'],
    ['add', '-A'],
    [...author, 'commit', '-q', '-m', 'First'],
  ])
    execFileSync('git', args, { cwd: workspace });
  return workspace;
}

export function makeFolder(name: string, files: Readonly<Record<string, string>>): string {
  const workspace = join(folder, name);
  mkdirSync(workspace, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace, path)), { recursive: true });
    writeFileSync(join(workspace, path), text);
  }
  return workspace;
}

let act: string | null = null;

/** Runs act on a push in this folder, every job on this machine. */
export function runAct(workspace: string, ...more: string[]): Promise<Ran> {
  return runActSeen([], workspace, ...more);
}

/** The same with options of `chaperone run`. */
export function runActSeen(options: readonly string[], workspace: string, ...more: string[]): Promise<Ran> {
  act ??= execFileSync(join(repository, 'scripts', 'act'), ['--path'], { encoding: 'utf8' }).trim();
  return run([...options, '--', act, 'push', '-P', 'ubuntu-latest=-self-hosted', ...more], { cwd: workspace });
}

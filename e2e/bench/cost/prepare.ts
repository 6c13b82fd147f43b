import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { end } from './processes.ts';
import { filesOfBuild, type Prepared } from './workloads.ts';

const here = import.meta.dirname;
const root = resolve(here, '../../..');
/** What the workloads read and write. */
export const workspace = join(root, '.cache/bench');
export const probe = join(root, 'dist/probe');
export const stopwatch = join(workspace, 'stopwatch');

/** Everything that the workloads need, and their other sides, which no tool watches. */
export class Preparation implements AsyncDisposable {
  readonly #servers: ChildProcess[] = [];

  async prepare(): Promise<Prepared> {
    mkdirSync(workspace, { recursive: true });
    for (const program of ['stopwatch', 'workload'])
      execFileSync('gcc', [
        '-O2',
        '-Wall',
        '-Wextra',
        '-Werror',
        join(here, `${program}.c`),
        '-o',
        join(workspace, program),
      ]);
    const workload = join(workspace, 'workload');
    const npmCache = join(workspace, 'npm-cache');
    return {
      workload,
      port: await this.#serve(workload, 'listen'),
      resolver: await this.#serve(workload, 'resolver'),
      cProject: writeProject(filesOfBuild),
      npmProject: fetchPackages(npmCache),
      npmCache,
      packages: join(root, 'node_modules'),
      sessionFigures: join(workspace, 'agent-session.json'),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) await end(server, 'SIGTERM');
  }

  /** Its first line is how it is found. */
  async #serve(workload: string, deed: string): Promise<string> {
    const server = spawn(workload, [deed], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#servers.push(server);
    const [line] = (await once(server.stdout, 'data')) as [Buffer];
    return line.toString().trim();
  }
}

const functionsPerFile = 20;

/** A program of some files that give the compiler work, and a Makefile; always the same. */
function writeProject(files: number): string {
  const folder = join(workspace, 'c-project');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const names = Array.from({ length: files }, (_, number) => `part${number}`);
  for (const name of names) writeFileSync(join(folder, `${name}.c`), sourceOf(name));
  appendFileSync(join(folder, 'part0.c'), 'int main(void) { return 0; }\n');
  const objects = names.map((name) => `${name}.o`).join(' ');
  const rules = `program: ${objects}\n\tgcc -o $@ $^\n%.o: %.c\n\tgcc -O2 -c -o $@ $<\n`;
  writeFileSync(join(folder, 'Makefile'), rules);
  return folder;
}

function sourceOf(name: string): string {
  const body = Array.from(
    { length: functionsPerFile },
    (_, number) =>
      `int ${name}_${number}(int n) { int s = ${number}; for (int i = 0; i < n; i++) s = s * 31 + i % (n + 1); return s + (int)strlen(getenv("HOME") ?: ""); }\n`,
  );
  return `#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <sys/socket.h>\n${body.join('')}`;
}

/** This repository's own lock file, its packages once installed from the registry so that npm's cache has them; `null` where that fails. */
function fetchPackages(cache: string): string | null {
  const project = join(workspace, 'npm-project');
  mkdirSync(project, { recursive: true });
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const filled = join(project, 'filled');
  for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(root, file), join(project, file));
  if (existsSync(filled) && readFileSync(filled, 'utf8') === lock) return project;
  try {
    const args = [
      'ci',
      '--omit=dev',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      '--cache',
      cache,
      '--prefix',
      project,
    ];
    execFileSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  } catch {
    return null;
  }
  writeFileSync(filled, lock);
  return project;
}

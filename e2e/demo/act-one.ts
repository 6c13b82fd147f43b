import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeRepository } from '../engines/planner/job-folder.ts';
import { heading, tell } from './telling.ts';

const root = join(import.meta.dirname, '../..');
const out = join(root, 'out/demo/local');

/** Act one: a workflow by act on this machine, under the sensor. The first argument is act's path. */
const [act] = process.argv.slice(2);
if (act === undefined) throw new Error('usage: act-one.ts PATH-OF-ACT');

heading('Act 1: this machine');
tell('A git repository with a workflow of four steps: check out, install packages, build, test.');
tell('act, a workflow engine, runs it under `chaperone run`: no cluster, and nothing in the workflow knows of it.');
tell(
  'Watch for the package "telemetry": its post-install script leaves a process behind, which connects while a later step runs.\n',
);

const scratch = mkdtempSync(join(tmpdir(), 'chaperone-demo-'));
const service = createServer((_, response) => response.end('hello\n')).listen(0, '127.0.0.1');
const collector = createServer((_, response) => response.end()).listen(0, '127.0.0.1');
try {
  await Promise.all([once(service, 'listening'), once(collector, 'listening')]);
  process.exitCode = await runWorkflow(act, scratch, placeOf(service), placeOf(collector));
} finally {
  service.close();
  collector.close();
  rmSync(scratch, { recursive: true });
}
if (process.exitCode === 0) tell('draw it again  bin/chaperone report out/demo/local/trace.otlp.json');

async function runWorkflow(engine: string, folder: string, serviceAt: string, collectorAt: string): Promise<number> {
  const project = join(folder, 'project');
  makeRepository(join(root, 'e2e/engines/workflows/web'), project);
  mkdirSync(out, { recursive: true });
  const variables = [`SOURCE_REPOSITORY=${project}`, `SERVICE=${serviceAt}`, `COLLECTOR=${collectorAt}`];
  const workflow = [engine, 'push', '-P', 'ubuntu-latest=-self-hosted', '--pull=false', '--no-cache-server'];
  const child = spawn(
    join(root, 'bin/chaperone'),
    ['run', '--out', out, '--', ...workflow, ...variables.flatMap((variable) => ['--env', variable])],
    { cwd: project, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

function placeOf(server: ReturnType<typeof createServer>): string {
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RecordedTraces, readTraces } from '../trace-reader.ts';

const repository = join(import.meta.dirname, '../../..');

/** A real Jaeger with traces in memory, on a loopback address of its own. */
export interface Jaeger {
  /** For `--otlp`. */
  readonly otlp: string;
  /** Of its query API (v3: OTLP/JSON). */
  readonly api: string;
  /** The trace once it holds so many spans. */
  trace(traceId: string, spans: number): Promise<RecordedTraces>;
  stop(): Promise<void>;
}

/** Needs the tool group `jaeger` (scripts/tools). */
export async function startJaeger(): Promise<Jaeger> {
  const program = join(
    execFileSync(join(repository, 'scripts/tools'), ['--path', 'jaeger'], { encoding: 'utf8' }).trim(),
    'jaeger',
  );
  if (!existsSync(program)) throw new Error('Jaeger is not built: run scripts/tools jaeger');
  // Every process has addresses of its own on loopback, so that the ports of the cluster's configuration serve here too.
  const address = `127.${100 + (process.pid % 100)}.${(process.pid >> 8) % 250}.${1 + (process.pid % 250)}`;
  const folder = mkdtempSync(join(tmpdir(), 'chaperone-jaeger-'));
  const template = readFileSync(join(repository, 'e2e/cluster/config/jaeger.yaml'), 'utf8');
  writeFileSync(join(folder, 'jaeger.yaml'), template.replaceAll('@NODE_ADDRESS@', address));
  const child = spawn(program, [`--config=file:${join(folder, 'jaeger.yaml')}`], { stdio: 'ignore' });
  const api = `http://${address}:16686/api/v3`;
  await until(
    async () => (await fetch(`http://${address}:13133/status`)).ok && (await fetch(`${api}/services`)).ok,
    child,
  );
  return {
    otlp: `http://${address}:4318`,
    api,
    trace: (traceId, spans) => awaitTrace(`${api}/traces/${traceId}`, spans, child),
    async stop() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function awaitTrace(url: string, spans: number, child: ChildProcess): Promise<RecordedTraces> {
  let read = readTraces('');
  await until(async () => {
    const response = await fetch(url);
    if (response.ok) read = readTraces(await response.text());
    return read.resources.reduce((sum, resource) => sum + resource.spans.length, 0) >= spans;
  }, child);
  return read;
}

const patienceMs = 60_000;
const pauseMs = 100;

async function until(holds: () => Promise<boolean>, child: ChildProcess): Promise<void> {
  const last = Date.now() + patienceMs;
  while (!(await holds().catch(() => false))) {
    if (child.exitCode !== null) throw new Error(`Jaeger ended with ${child.exitCode}`);
    if (Date.now() > last) throw new Error('Jaeger did not come so far in a minute');
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JobOrder } from './job-order.ts';
import { resultOfExitCode } from './results.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Runner.Listener: takes one job, starts a worker for it, hands it the job through a pipe and says how it ended.
 * The job lies in the folder RUNNER_JOB_FOLDER (default `<root>/job`), where a real runner would ask GitHub. Returns the listener's exit code: 0, also for a failed job.
 */
export async function runListener(argv: string[]): Promise<number> {
  if (argv[0] !== 'run') throw new Error('usage: Runner.Listener run');
  const folder = process.env.RUNNER_JOB_FOLDER ?? join(root, 'job');
  const file = join(folder, 'job.json');
  if (!existsSync(file)) throw new Error(`there is no job for the runner stand-in: ${file} is missing`);
  say('Listening for Jobs');
  const order = JSON.parse(readFileSync(file, 'utf8')) as JobOrder;
  say(`Running job: ${order.message.jobDisplayName}`);
  const code = await dispatch(readFileSync(file), folder);
  say(`Job ${order.message.jobDisplayName} completed with result: ${resultOfExitCode(code)}`);
  return 0;
}

async function dispatch(job: Buffer, folder: string): Promise<number> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => say('The job is being cancelled'));
  const bin = join(root, 'bin');
  const worker = spawn(join(bin, 'Runner.Worker'), ['spawnclient', '3', '4'], {
    cwd: bin,
    env: { ...process.env, RUNNER_JOB_FOLDER: folder },
    stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'pipe'],
  });
  const input = worker.stdio[4] as NodeJS.WritableStream;
  input.on('error', () => {}); // a worker that dies at once: its exit code tells
  input.end(job);
  const [code] = (await once(worker, 'exit')) as [number | null];
  return code ?? -1;
}

function say(text: string): void {
  process.stdout.write(
    `${new Date()
      .toISOString()
      .replace('T', ' ')
      .replace(/\.\d+Z$/, 'Z')}: ${text}\n`,
  );
}

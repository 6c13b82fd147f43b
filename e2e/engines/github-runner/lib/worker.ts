import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { contextOf, type JobOrder } from './job-order.ts';
import { runJob } from './job-runner.ts';
import { exitCodeOf } from './results.ts';
import { makeRunnerFolders } from './runner-folders.ts';
import { openWorkerLog } from './worker-log.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Runner.Worker: reads one job from the pipe that the listener names, runs its steps, and returns the exit code that tells the result. */
export async function runWorker(argv: string[]): Promise<number> {
  const [verb, , input] = argv;
  if (verb !== 'spawnclient' || input === undefined) throw new Error('usage: Runner.Worker spawnclient FD_OUT FD_IN');
  const now = () => new Date();
  const print = process.env.ACTIONS_RUNNER_PRINT_LOG_TO_STDOUT === '1' ? printLine : undefined;
  const log = openWorkerLog({ folder: join(root, '_diag'), now, ...(print && { print }) });
  log.info('HostContext', 'Version: runner stand-in');
  const received = await text(createReadStream('', { fd: Number(input) }));
  const order = JSON.parse(received) as JobOrder;
  log.info('Worker', `Job message:\n ${JSON.stringify(order.message, maskSecrets, 2)}`);
  log.info('JobRunner', `Job ID ${order.message.jobId}`);
  const github = contextOf(order.message, 'github');
  const folders = makeRunnerFolders(root, github.get('repository') ?? 'stand-in/repository');
  process.env.RUNNER_TRACKING_ID = `github_${randomUUID()}`; // on the worker's own environment, so that children have it
  const cancelled = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => cancelled.abort());
  const jobFolder = process.env.RUNNER_JOB_FOLDER ?? join(root, 'job');
  const result = await runJob({ received, order, github, folders, log, now, jobFolder, cancelled: cancelled.signal });
  return exitCodeOf(result);
}

/** As the runner's masker keeps secrets out of its log. */
function maskSecrets(_: string, value: unknown): unknown {
  const isSecret = typeof value === 'object' && value !== null && 'isSecret' in value;
  return isSecret ? { ...value, value: '***' } : value;
}

function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFileCommands } from './file-commands.ts';
import { contextOf } from './job-order.ts';
import type { ActionRun, JobContext, JobState } from './job-state.ts';

export interface StepProcess {
  file: string;
  args: string[];
  cwd: string;
  /** The step's own variables, over the job's. */
  variables: Record<string, string>;
  fileCommandId: string;
}

/** GitHub's names that a step's environment has (of the runner's allow-list, those that the stand-in knows). */
const githubNames = [
  'action', 'actor', 'api_url', 'event_name', 'event_path', 'job', 'ref', 'ref_name', 'ref_type', 'repository', 'repository_owner', 'run_attempt', 'run_id', 'run_number',
  'server_url', 'sha', 'workflow', 'workflow_ref', 'workflow_sha', 'workspace',
]; // biome-ignore format: one list

/** Starts one process as a child of the worker, writes the runner's lines about it, and returns its exit code (128 and the signal when a signal ended it). */
export async function runStepProcess(
  context: JobContext,
  state: JobState,
  run: ActionRun,
  command: StepProcess,
): Promise<number> {
  const { log } = context;
  const started = context.now();
  log.info('ProcessInvokerWrapper', 'Starting process:');
  log.info('ProcessInvokerWrapper', `  File name: '${command.file}'`);
  log.info('ProcessInvokerWrapper', `  Arguments: '${command.args.join(' ')}'`);
  log.info('ProcessInvokerWrapper', `  Working directory: '${command.cwd}'`);
  const child = spawn(command.file, command.args, {
    cwd: command.cwd,
    env: environmentOf(context, state, command),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const page = openPage(context, run);
  child.stdout.on('data', (chunk: Buffer) => page.write(chunk));
  child.stderr.on('data', (chunk: Buffer) => page.write(chunk));
  const code = await exitOf(child, context);
  page.end();
  const elapsed = new Date(context.now().getTime() - started.getTime()).toISOString().slice(11, 23);
  log.info(
    'ProcessInvokerWrapper',
    `Finished process ${child.pid} with exit code ${code}, and elapsed time ${elapsed}.`,
  );
  return code;
}

async function exitOf(child: ChildProcess, context: JobContext): Promise<number> {
  const exited = once(child, 'exit'); // not 'close': a daemon that holds the pipe does not hold the step
  await Promise.race([once(child, 'spawn'), exited]);
  lowerPriority(child.pid);
  context.log.info('ProcessInvokerWrapper', `Process started with process id ${child.pid}, waiting for process exit.`);
  const cancel = () => endProcess(child);
  context.cancelled.addEventListener('abort', cancel, { once: true });
  const [code, signal] = (await exited) as [number | null, NodeJS.Signals | null];
  context.cancelled.removeEventListener('abort', cancel);
  return code ?? (signal === 'SIGKILL' ? 137 : 143);
}

/** As the runner ends a cancelled step: SIGINT, after 7.5 s SIGTERM, after 2.5 s more SIGKILL. */
function endProcess(child: ChildProcess): void {
  const later = (milliseconds: number, signal: NodeJS.Signals) =>
    setTimeout(() => child.kill(signal), milliseconds).unref();
  child.kill('SIGINT');
  later(7_500, 'SIGTERM');
  later(10_000, 'SIGKILL');
}

/** The out-of-memory killer takes a step before it takes the worker; not allowed everywhere, and then left. */
function lowerPriority(pid: number | undefined): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '500');
  } catch {}
}

/** The step's output, where the runner keeps it until it is uploaded; also on standard output, so that `kubectl logs` shows it. */
function openPage({ folders, order }: JobContext, { step }: ActionRun) {
  const file = createWriteStream(join(folders.diag, 'pages', `${order.message.timeline.id}_${step.id}_1.log`), {
    flags: 'a',
  });
  return {
    write(chunk: Buffer) {
      file.write(chunk);
      process.stdout.write(chunk);
    },
    end: () => file.end(),
  };
}

function environmentOf(context: JobContext, state: JobState, command: StepProcess): Record<string, string> {
  const { github, folders, order } = context;
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('ACTIONS_RUNNER_INPUT_'));
  const known = githubNames
    .filter((name) => github.has(name))
    .map((name) => [`GITHUB_${name.toUpperCase()}`, github.get(name) ?? '']);
  const runner = contextOf(order.message, 'runner');
  const variables = {
    ...Object.fromEntries(inherited),
    CI: process.env.CI ?? 'true',
    GITHUB_ACTIONS: 'true',
    ...Object.fromEntries(known),
    GITHUB_ACTION_REPOSITORY: '',
    GITHUB_ACTION_REF: '',
    ...createFileCommands(folders, command.fileCommandId),
    RUNNER_NAME: runner.get('name') ?? process.env.HOSTNAME ?? 'stand-in',
    RUNNER_OS: 'Linux',
    RUNNER_ARCH: 'X64',
    RUNNER_TEMP: folders.temp,
    RUNNER_TOOL_CACHE: folders.toolCache,
    RUNNER_WORKSPACE: folders.pipeline,
    ...Object.fromEntries(state.environment),
    ...command.variables,
  };
  return { ...variables, PATH: [...state.path, process.env.PATH ?? '/usr/bin:/bin'].join(':') };
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { conditionHolds, evaluate } from './expressions.ts';
import type { JobStep } from './job-order.ts';
import type { JobContext, JobState } from './job-state.ts';
import type { JobResult } from './results.ts';
import { placeExternalNode, writeEventFile } from './runner-folders.ts';
import { runAction } from './step-runner.ts';

/** Sets the job up, runs its steps one at a time, then the post steps. The trace has the runner's lines in the runner's order. */
export async function runJob(context: JobContext): Promise<JobResult> {
  const { log, order } = context;
  const state = await setUpJob(context);
  log.info('JobRunner', `Total job steps: ${order.message.steps.length}.`);
  log.info('JobRunner', 'Run all job steps.');
  for (const step of order.message.steps) await runStep(context, state, step);
  for (const { step, name } of state.post.reverse()) await runStage(context, state, { step, name, stage: 'Post' });
  publish(context, 'complete_job', { type: 'runner', stage: 'Main', result: 'succeeded' });
  const result = context.cancelled.aborted ? 'Canceled' : state.failed ? 'Failed' : 'Succeeded';
  log.info('JobRunner', `Job result after all job steps finish: ${result}`);
  return result;
}

async function setUpJob(context: JobContext): Promise<JobState> {
  const { folders, github } = context;
  github.set('workspace', folders.workspace);
  github.set('event_path', writeEventFile(folders, github));
  await unpackActions(context);
  publish(context, 'setup_job', { type: 'runner', stage: 'Main', result: 'succeeded' });
  const externalNode = placeExternalNode(folders, process.execPath);
  return { environment: new Map(), path: [], externalNode, post: [], failed: false };
}

/** Actions of other repositories come as archives `owner_name_ref.tar.gz` and are unpacked by `tar`: a child of the worker that belongs to no step. */
async function unpackActions({ jobFolder, folders, log, now }: JobContext): Promise<void> {
  const archives = existsSync(jobFolder) ? readdirSync(jobFolder).filter((name) => name.endsWith('.tar.gz')) : [];
  for (const archive of archives) {
    const [, owner, name, ref] = /^([^_]+)_(.+)_([^_]+)\.tar\.gz$/.exec(basename(archive)) ?? [];
    if (owner === undefined || name === undefined || ref === undefined)
      throw new Error(`not an action's archive: ${archive}`);
    const folder = join(folders.actions, owner, name, ref);
    mkdirSync(folder, { recursive: true });
    log.info('ActionManager', `Download action '${owner}/${name}@${ref}' to '${folder}'.`);
    const tar = spawn('tar', ['-xzf', join(jobFolder, archive), '-C', folder], { stdio: 'inherit' });
    const [code] = (await once(tar, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`tar ended with ${code} for ${archive}`);
    writeFileSync(`${folder}.completed`, now().toISOString());
  }
}

async function runStep(context: JobContext, state: JobState, step: JobStep): Promise<void> {
  const name = evaluate(step.displayNameToken, { github: context.github });
  await runStage(context, state, { step, name, stage: 'Main' });
}

interface Stage {
  step: JobStep;
  name: string;
  stage: 'Main' | 'Post';
}

async function runStage(context: JobContext, state: JobState, { step, name, stage }: Stage): Promise<void> {
  const { log } = context;
  const title = stage === 'Post' ? `Post ${name}` : name;
  const condition = stage === 'Post' ? 'always()' : step.condition;
  log.info('StepsRunner', `Processing step: DisplayName='${title}'`);
  log.info('StepsRunner', `Evaluating: ${condition}`);
  const holds = !context.cancelled.aborted && conditionHolds(condition, state.failed);
  log.info('StepsRunner', `Result: ${holds}`);
  if (!holds) return log.info('StepsRunner', 'Skipping step due to condition evaluation.');
  log.info('StepsRunner', 'Starting the step.');
  context.github.set('action', step.name);
  const started = context.now();
  const succeeded = await runAction(context, state, { step, name, stage, enclosing: [] });
  const failed = !succeeded && step.continueOnError !== true;
  log.info('StepsRunner', `Step result: ${failed ? 'Failed' : ''}`);
  publish(context, step.id, { ...telemetryOf(step, stage, failed), startTime: started.toISOString() });
  state.failed ||= failed;
  log.info('StepsRunner', `Current state: job state = '${state.failed ? 'Failed' : ''}'`);
}

function telemetryOf(step: JobStep, stage: string, failed: boolean): Record<string, unknown> {
  const { reference } = step;
  const action =
    reference.type === 'script' ? '' : reference.repositoryType === 'self' ? reference.path : reference.name;
  const ref = reference.type === 'script' ? '' : reference.ref;
  return {
    action,
    ref,
    type: reference.type === 'script' ? 'run' : 'action',
    stage,
    stepContextName: step.contextName,
    result: failed ? 'failed' : 'succeeded',
  };
}

function publish(context: JobContext, stepId: string, fields: Record<string, unknown>): void {
  const telemetry = { ...fields, stepId, finishTime: context.now().toISOString() };
  context.log.info('ExecutionContext', `Publish step telemetry for current step ${JSON.stringify(telemetry)}.`);
}

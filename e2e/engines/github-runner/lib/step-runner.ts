import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Contexts, evaluate, evaluateMap } from './expressions.ts';
import { readFileCommands } from './file-commands.ts';
import { type ActionDefinition, type JobStep, referenceText, type StepReference } from './job-order.ts';
import type { ActionRun, JobContext, JobState } from './job-state.ts';
import { runStepProcess, type StepProcess } from './step-process.ts';

/** Runs one step: a script, a JavaScript action, or a composite whose steps are again children of the worker. Returns whether it succeeded. */
export async function runAction(context: JobContext, state: JobState, run: ActionRun): Promise<boolean> {
  const { reference } = run.step;
  if (reference.type === 'script') return await runScript(context, state, run);
  const definition = context.order.actions[referenceText(reference)];
  if (definition === undefined) throw new Error(`the job has no definition of the action ${referenceText(reference)}`);
  const folder = actionFolder(context, reference);
  if (definition.runs.using === 'composite') {
    return await runComposite(context, state, { ...run, enclosing: [...run.enclosing, folder] }, definition.runs.steps);
  }
  return await runNodeAction(context, state, run, { folder, runs: definition.runs });
}

function actionFolder({ folders }: JobContext, reference: StepReference & { type: 'repository' }): string {
  return reference.repositoryType === 'self'
    ? join(folders.workspace, reference.path)
    : join(folders.actions, reference.name, reference.ref, reference.path);
}

async function runScript(context: JobContext, state: JobState, run: ActionRun): Promise<boolean> {
  const inputs = evaluateMap(run.step.inputs, contextsOf(context));
  const script = join(context.folders.temp, `${randomUUID()}.sh`);
  writeFileSync(script, `${inputs.get('script') ?? ''}\n`);
  const shell = inputs.get('shell');
  const words = shell === 'bash' ? ['--noprofile', '--norc', '-e', '-o', 'pipefail'] : ['-e'];
  return await runProcess(context, state, run, {
    file: shell === 'sh' ? 'sh' : 'bash',
    args: [...words, script],
    cwd: join(context.folders.workspace, inputs.get('workingDirectory') ?? ''),
    variables: {},
  });
}

interface NodeAction {
  folder: string;
  runs: ActionDefinition['runs'] & { using: 'node24' };
}

async function runNodeAction(
  context: JobContext,
  state: JobState,
  run: ActionRun,
  action: NodeAction,
): Promise<boolean> {
  const { main, post } = action.runs;
  if (run.stage === 'Main' && post !== undefined) state.post.push({ step: run.step, name: run.name });
  const inputs = evaluateMap(run.step.inputs, contextsOf(context));
  return await runProcess(context, state, run, {
    file: state.externalNode,
    args: [join(action.folder, run.stage === 'Post' && post !== undefined ? post : main)],
    cwd: context.folders.workspace,
    variables: {
      ...Object.fromEntries(
        [...inputs].map(([name, value]) => [`INPUT_${name.toUpperCase().replaceAll(' ', '_')}`, value]),
      ),
      ...repositoryVariables(run.step.reference),
      ACTIONS_RUNTIME_TOKEN: 'stand-in-runtime-token', // a secret that only actions get, and that no span may carry
    },
  });
}

function repositoryVariables(reference: StepReference): Record<string, string> {
  const foreign = reference.type === 'repository' && reference.repositoryType === 'GitHub';
  return foreign ? { GITHUB_ACTION_REPOSITORY: reference.name, GITHUB_ACTION_REF: reference.ref } : {};
}

async function runComposite(context: JobContext, state: JobState, run: ActionRun, steps: JobStep[]): Promise<boolean> {
  for (const step of steps) {
    const name = evaluate(step.displayNameToken, contextsOf(context));
    context.log.info('CompositeActionHandler', `Processing embedded step: DisplayName='${name}'`);
    context.log.info('CompositeActionHandler', `Starting: ${name}`);
    const succeeded = await runAction(context, state, { step, name, stage: 'Main', enclosing: run.enclosing });
    context.log.info('CompositeActionHandler', `Step result: ${succeeded ? '' : 'Failed'}`);
    if (!succeeded) return false;
  }
  return true;
}

type Command = Omit<StepProcess, 'fileCommandId'>;

async function runProcess(context: JobContext, state: JobState, run: ActionRun, command: Command): Promise<boolean> {
  const fileCommandId = randomUUID(); // fresh for every step, nested ones too: the key by which a sensor tells them apart
  const own = evaluateMap(run.step.environment, contextsOf(context));
  const enclosing = run.enclosing.at(-1);
  const variables = {
    ...Object.fromEntries(own),
    ...command.variables,
    ...(enclosing !== undefined && { GITHUB_ACTION_PATH: enclosing }),
  };
  const code = await runStepProcess(context, state, run, { ...command, variables, fileCommandId });
  readFileCommands(context.folders, state, fileCommandId);
  return code === 0;
}

function contextsOf({ github }: JobContext): Contexts {
  return { github };
}

import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import {
  type ActionDefinition,
  type ExpressionToken,
  type JobMessage,
  type JobOrder,
  type JobStep,
  type LiteralToken,
  type MapToken,
  referenceText,
  type StepReference,
  type Token,
} from '../github-runner/lib/job-order.ts';

/** What the service knows of a run and a workflow file does not say. */
export interface RunFacts {
  runId: string;
  runAttempt: string;
  /** Left out: the job message has none, as with older services. */
  checkRunId?: number;
  repository: string;
  sha: string;
  runnerName: string;
}

export interface Plan {
  /** The repository's folder, with `.github`. */
  repository: string;
  /** File name below `.github/workflows`. */
  workflow: string;
  job: string;
  facts: RunFacts;
  /** Folders of other repositories' actions, by `owner/name@ref`. */
  actions?: Record<string, string>;
  /** The job's secrets, which the runner gets whether a step uses them or not. */
  secrets?: Record<string, string>;
}

interface WorkflowStep {
  id?: string;
  name?: string;
  if?: string;
  run?: string;
  shell?: string;
  'working-directory'?: string;
  uses?: string;
  with?: Record<string, unknown>;
  env?: Record<string, unknown>;
  'continue-on-error'?: boolean;
}

interface Workflow {
  name: string;
  jobs: Record<string, { name?: string; steps: WorkflowStep[] }>;
}

/** Plans one job as the service does: the message that the runner gets, and the definitions of the actions that the job reaches, nested ones too. */
export function planJob(plan: Plan): JobOrder {
  const workflow = parse(readFileSync(join(plan.repository, '.github/workflows', plan.workflow), 'utf8')) as Workflow;
  const job = workflow.jobs[plan.job];
  if (job === undefined) throw new Error(`the workflow ${plan.workflow} has no job '${plan.job}'`);
  const actions: Record<string, ActionDefinition> = {};
  const steps = planSteps(job.steps);
  collectActions(steps, plan, actions);
  return { message: messageOf(plan, workflow.name, job.name ?? plan.job, steps), actions };
}

/** Steps with the service's names: the id, else `__run`, `__self` or `__owner_name`, a second one of a name with `_2`. */
function planSteps(steps: WorkflowStep[]): JobStep[] {
  const used = new Map<string, number>();
  return steps.map((step) => {
    const base = step.id ?? implicitName(step);
    const count = (used.get(base) ?? 0) + 1;
    used.set(base, count);
    const name = count === 1 ? base : `${base}_${count}`;
    return {
      type: 'action',
      id: randomUUID(),
      name,
      contextName: name,
      displayNameToken: tokenOf(step.name ?? implicitDisplayName(step)),
      condition: step.if ?? 'success()',
      ...(step['continue-on-error'] === true && { continueOnError: true }),
      reference: referenceOf(step),
      inputs: inputsOf(step),
      environment: step.env === undefined ? null : mapOf(step.env),
    };
  });
}

function implicitName(step: WorkflowStep): string {
  if (step.uses === undefined) return '__run';
  return step.uses.startsWith('./')
    ? '__self'
    : `__${(step.uses.split('@')[0] ?? '').replaceAll(/[^A-Za-z0-9_-]/g, '_')}`;
}

function implicitDisplayName(step: WorkflowStep): string {
  return `Run ${step.uses ?? step.run?.trim().split('\n')[0]}`;
}

function referenceOf({ uses }: WorkflowStep): StepReference {
  if (uses === undefined) return { type: 'script' };
  if (uses.startsWith('./')) return { type: 'repository', name: '', ref: '', path: uses, repositoryType: 'self' };
  const [name = '', ref = ''] = uses.split('@');
  return { type: 'repository', name, ref, path: '', repositoryType: 'GitHub' };
}

function inputsOf(step: WorkflowStep): MapToken {
  const workingDirectory = step['working-directory'];
  if (step.uses !== undefined) return mapOf(step.with ?? {});
  return mapOf({
    script: step.run ?? '',
    ...(step.shell !== undefined && { shell: step.shell }),
    ...(workingDirectory !== undefined && { workingDirectory }),
  });
}

function mapOf(values: Record<string, unknown>): MapToken {
  return {
    type: 2,
    map: Object.entries(values).map(([key, value]) => ({ Key: literal(key), Value: literal(String(value)) })),
  };
}

/** A literal; or, where the text holds `${{ … }}`, the unevaluated `format(…)` that the service sends. */
function tokenOf(text: string): Token {
  const names: string[] = [];
  const pattern = text.replaceAll(/\$\{\{\s*([\w.]+)\s*\}\}/g, (_, name: string) => `{${names.push(name) - 1}}`);
  if (names.length === 0) return literal(text);
  const expression: ExpressionToken = {
    type: 3,
    expr: `format('${pattern.replaceAll("'", "''")}', ${names.join(', ')})`,
  };
  return expression;
}

function literal(lit: string): LiteralToken {
  return { type: 0, lit };
}

function collectActions(steps: JobStep[], plan: Plan, found: Record<string, ActionDefinition>): void {
  for (const { reference } of steps) {
    if (reference.type === 'script' || found[referenceText(reference)] !== undefined) continue;
    const definition = readAction(folderOf(reference, plan));
    found[referenceText(reference)] = definition;
    if (definition.runs.using === 'composite') collectActions(definition.runs.steps, plan, found);
  }
}

function folderOf(reference: StepReference & { type: 'repository' }, plan: Plan): string {
  if (reference.repositoryType === 'self') return join(plan.repository, reference.path);
  const folder = plan.actions?.[referenceText(reference)];
  if (folder === undefined) throw new Error(`nobody said where the action ${referenceText(reference)} lies`);
  return folder;
}

function readAction(folder: string): ActionDefinition {
  const file = ['action.yml', 'action.yaml'].map((name) => join(folder, name)).find(existsSync);
  if (file === undefined) throw new Error(`there is no action in ${folder}`);
  const { name, runs } = parse(readFileSync(file, 'utf8')) as {
    name: string;
    runs: { using: 'composite'; steps: WorkflowStep[] } | { using: 'node24'; main: string; post?: string };
  };
  return { name, runs: runs.using === 'composite' ? { using: 'composite', steps: planSteps(runs.steps) } : runs };
}

function messageOf(plan: Plan, workflow: string, displayName: string, steps: JobStep[]): JobMessage {
  const { facts, job } = plan;
  const file = `${facts.repository}/.github/workflows/${plan.workflow}@refs/heads/main`;
  const context = (values: Record<string, string | number>) => ({
    t: 2 as const,
    d: Object.entries(values).map(([k, v]) => ({ k, v })),
  });
  return {
    messageType: 'PipelineAgentJobRequest',
    plan: { planId: randomUUID() },
    timeline: { id: randomUUID() },
    jobId: randomUUID(),
    jobDisplayName: displayName,
    jobName: job,
    requestId: 0,
    variables: { 'system.github.job': { value: job }, ...secretVariables(plan.secrets ?? {}) },
    contextData: {
      github: context({ ...githubOf(facts), job, workflow, workflow_ref: file }),
      job: context({
        status: 'success',
        workflow_ref: file,
        ...(facts.checkRunId !== undefined && { check_run_id: facts.checkRunId }),
      }),
      runner: context({ name: facts.runnerName, os: 'Linux', arch: 'X64' }),
    },
    steps,
  };
}

function secretVariables(secrets: Record<string, string>): JobMessage['variables'] {
  return Object.fromEntries(Object.entries(secrets).map(([name, value]) => [name, { value, isSecret: true }]));
}

function githubOf(facts: RunFacts): Record<string, string> {
  return {
    run_id: facts.runId,
    run_attempt: facts.runAttempt,
    run_number: '1',
    repository: facts.repository,
    repository_owner: facts.repository.split('/')[0] ?? '',
    event_name: 'push',
    ref: 'refs/heads/main',
    ref_name: 'main',
    ref_type: 'branch',
    sha: facts.sha,
    workflow_sha: facts.sha,
    actor: 'octocat',
    server_url: 'https://git.example.com',
    api_url: 'https://api.git.example.com',
  };
}

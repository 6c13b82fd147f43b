import { basename } from 'node:path';
import { stepId, stepInvocation, stepStage, stepUses } from '../../../crds/attributes.ts';
import type { ExecEvent } from '../../decode/process-events.ts';
import { matchesGlob } from '../../spans/redaction/secret-names.ts';
import type { TaskResult } from '../../spans/task-span.ts';
import { known } from '../../spans/text.ts';
import type { Engine, JobHandle, JobIdentity, JobView, RootPlacement, StepDescription, StepView } from '../engine.ts';
import { serviceName } from '../generic/engine.ts';
import { contextOfEnvironment, digits, type GithubContext, resourceOf } from '../github-context.ts';
import { type PipelineIdentity, seededRun } from '../identity.ts';
import { concludeStep } from './conclusion.ts';
import { hookNames, hookOf, type JobHook } from './hook.ts';
import type { JobLog, JobLogs } from './job-log.ts';
import type { JobMessage, MessageStep } from './job-message.ts';
import type { ProcessLabel } from './log-labels.ts';

/** The GitHub Actions runner: one Runner.Worker is one job, its direct children with GITHUB_ACTION are its steps. `logs` name them. */
export function createGithubActionsEngine(identity: PipelineIdentity, logs: JobLogs | null): Engine {
  const opened = new Map<string, JobLog>();
  const logOf = ({ runner, startMs }: JobHandle): JobLog | null => {
    const key = runner ?? '';
    const log = opened.get(key) ?? logs?.open(startMs) ?? null;
    if (log !== null) opened.set(key, log);
    for (const oldest of opened.keys()) if (opened.size > maxJobs) opened.delete(oldest);
    return log;
  };
  return {
    name: 'github-actions',
    jobsBeginWith: 'runner',
    isRunner: (event) => basename(event.filename) === 'Runner.Worker',
    place: placeChild,
    identify: (job) => {
      const message = logOf(job)?.message(job.firstStep !== null || job.ended) ?? null;
      return identifyJob(job, identity, message);
    },
    describe: (step) => describeStep(step, logOf(step.job)),
    conclude: (step, exit) => {
      const log = logOf(step.job);
      const label = labelOf(step, log);
      const logged = (step.outer === null ? label?.step : label?.embedded)?.result ?? null;
      return concludeStep({ exit, logged, continueOnError: sealedStep(step, log)?.continueOnError ?? false });
    },
    resultOf: ({ code, signal }) => (signal === 0 ? (results[code] ?? 'error') : 'error'),
  };
}

/** A runner that is not ephemeral does one job after the other. */
const maxJobs = 64;

/** Runner.Worker exits with 100 and the result (actions/runner, Runner.Common/Util/TaskResultUtil.cs). */
const results: Record<number, TaskResult> = {
  100: 'success',
  101: 'success',
  102: 'failure',
  103: 'cancellation',
  104: 'skip',
  105: 'error',
};

/** GITHUB_OUTPUT is a file of its own for every run of an action, also for pre, post and nested steps; GITHUB_ACTION_PATH is set only inside a composite. */
function placeChild(event: ExecEvent): RootPlacement {
  const { GITHUB_ACTION: key = '', GITHUB_ACTION_PATH: composite = '' } = event.env;
  const file = outputOf(event);
  const invocation = file ?? event.root ?? event.image;
  const hook = file === null ? null : hookOf(event);
  if (hook !== null) return { jobKey: null, steps: [{ key: hookKeys[hook], invocation }], endsWithFirst: false };
  if (key === '') return { jobKey: null, steps: [], endsWithFirst: false };
  const own = { key: composite === '' ? key : invocation, invocation };
  const steps = composite === '' ? [own] : [{ key, invocation: null }, own];
  return { jobKey: null, steps, endsWithFirst: false };
}

function outputOf({ env }: ExecEvent): string | null {
  return /set_output_([0-9A-Fa-f-]{32,36})$/.exec(env.GITHUB_OUTPUT ?? '')?.[1] ?? null;
}

/** The composite itself has no process; the first one seen is its first nested step's. */
function isComposite({ first }: StepView): boolean {
  return (first.env.GITHUB_ACTION_PATH ?? '') !== '';
}

/** No GITHUB_ACTION is so spelt. */
const hookKeys: Record<JobHook, string> = { started: 'hook:started', completed: 'hook:completed' };

function identifyJob(job: JobView, identity: PipelineIdentity, message: JobMessage | null): JobIdentity | null {
  if (job.firstStep === null && !job.ended) return null; // the runner's name is known only from a step
  const env = job.firstStep?.env ?? {};
  const context = { ...withoutEmpty(contextOfEnvironment(env)), ...contextOfMessage(message) };
  const runId = digits(context.runId);
  const key = message?.jobKey || env.GITHUB_JOB || '';
  const resource = resourceOf(context, serviceName(identity), 'github');
  const checkRunId = message?.checkRunId ?? null;
  return {
    name: message?.displayName || key || serviceName(identity),
    run: {
      ...seededRun(identity, key, env.TRACEPARENT),
      runId,
      runAttempt: digits(context.runAttempt) ?? '1',
      checkRunId,
      runnerName: context.runnerName ?? identity.name,
    },
    taskRunId: checkRunId ?? (key || serviceName(identity)),
    url: urlOf(resource['cicd.pipeline.run.url.full'], checkRunId),
    secrets: message?.secrets,
    resource,
  };
}

function contextOfMessage(message: JobMessage | null): GithubContext {
  const github = message?.github ?? {};
  return withoutEmpty({
    repository: github.repository,
    runId: github.run_id,
    runAttempt: github.run_attempt,
    workflow: github.workflow,
    ref: github.ref,
    sha: github.sha,
    serverUrl: github.server_url,
  });
}

function withoutEmpty(context: GithubContext): GithubContext {
  return Object.fromEntries(Object.entries(context).filter(([, value]) => value !== undefined && value !== ''));
}

function urlOf(run: unknown, checkRunId: string | null): string | null {
  return typeof run === 'string' && checkRunId !== null ? `${run}/job/${checkRunId}` : null;
}

function describeStep(step: StepView, log: JobLog | null): StepDescription {
  const hook = (['started', 'completed'] as const).find((each) => hookKeys[each] === step.key);
  if (hook !== undefined) return { name: hookNames[hook], attributes: { [stepStage]: 'hook' } };
  const named = sealedStep(step, log);
  const label = labelOf(step, log);
  const { name, stage, sealed } = step.outer === null ? nameStep(step, named, label) : nameNested(step, label);
  const attributes = known({
    [stepId]: step.outer === null ? step.key : step.outer.key,
    [stepUses]: sealed?.uses ?? actionOf(step.first),
    [stepStage]: stage,
    [stepInvocation]: step.outer === null && isComposite(step) ? null : outputOf(step.first),
  });
  return { name, attributes };
}

/** Lines about an earlier process of the same pid are not this one's: file times are whole seconds, and two clocks are read. */
const leewayMs = 2_000;

function labelOf(step: StepView, log: JobLog | null): ProcessLabel | null {
  const label = log?.label(step.first.nsPid) ?? null;
  return label === null || (step.startMs !== null && label.time < step.startMs - leewayMs) ? null : label;
}

/** Of a step that stands in no other: nested ones are not in the message. */
function sealedStep(step: StepView, log: JobLog | null): MessageStep | null {
  if (step.outer !== null) return null;
  return log?.message(true)?.steps.find(({ key }) => key === step.key) ?? null;
}

interface Named {
  name: string;
  stage: string;
  sealed: MessageStep | null;
}

/** The sealed message names a step; the log resolves expressions, within what the message's pattern allows, and names the stages. */
function nameStep(step: StepView, sealed: MessageStep | null, label: ProcessLabel | null): Named {
  const labelled = label === null ? null : nameByLabel(label.step.name, sealed);
  if (labelled !== null) return labelled;
  const name = sealed !== null && 'text' in sealed.name ? sealed.name.text : fallbackName(step);
  return step.instance === 1 ? { name, stage: 'main', sealed } : { name: `Post ${name}`, stage: 'post', sealed };
}

function nameByLabel(shown: string, sealed: MessageStep | null): Named | null {
  for (const [prefix, stage] of stages) {
    if (shown.startsWith(prefix) && allows(sealed, shown.slice(prefix.length))) return { name: shown, stage, sealed };
  }
  return null;
}

const stages = [
  ['', 'main'],
  ['Pre ', 'pre'],
  ['Post ', 'post'],
] as const;

function allows(sealed: MessageStep | null, name: string): boolean {
  if (sealed === null) return true;
  return 'text' in sealed.name ? sealed.name.text === name : matchesGlob(sealed.name.pattern, name);
}

function fallbackName(step: StepView): string {
  const action = actionOf(step.first);
  return action === null ? step.key : `Run ${action}`;
}

/** Nested steps are not in the message: only the log names them. */
function nameNested(step: StepView, label: ProcessLabel | null): Named {
  const action = actionOf(step.first);
  const name = label?.embedded?.name ?? (action === null ? `Step ${step.ordinal}` : `Run ${action}`);
  return { name, stage: 'main', sealed: null };
}

function actionOf({ env }: ExecEvent): string | null {
  const { GITHUB_ACTION_REPOSITORY: repository = '', GITHUB_ACTION_REF: ref = '' } = env;
  return repository === '' ? null : `${repository}${ref === '' ? '' : `@${ref}`}`;
}

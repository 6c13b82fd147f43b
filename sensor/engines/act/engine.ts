import { stepId, stepStage, stepUses } from '../../../crds/attributes.ts';
import type { ExecEvent } from '../../decode/events.ts';
import type { RunKey } from '../../spans/ids.ts';
import { known } from '../../spans/text.ts';
import type { Engine, JobIdentity, JobView, RootPlacement, StepDescription, StepKey, StepView } from '../engine.ts';
import { serviceName } from '../generic/engine.ts';
import { contextOfEnvironment, digits, resourceOf } from '../github-context.ts';
import { type PipelineIdentity, seededRun } from '../identity.ts';
import type { WorkflowNames } from './workflow.ts';

/**
 * nektos/act in host mode: its steps are its direct children. `names` come from the workflow files where they can be read.
 * One job is one GITHUB_JOB in one of act's job folders, so that the jobs of a matrix are told apart.
 */
export function createActEngine(identity: PipelineIdentity, names: WorkflowNames | null): Engine {
  const composites = new Composites();
  return {
    name: 'act',
    jobsBeginWith: 'child',
    isRunner: (event) => /(^|\/)act$/.test(event.filename),
    place: (event) => placeChild(event, composites),
    identify: (job) => identifyJob(job, identity, names),
    describe: (step) => describeStep(step, names),
    resultOf: ({ code, signal }, { failed, only }) => {
      if (code === 0 && signal === 0) return 'success';
      return failed || only ? 'failure' : 'success';
    },
  };
}

const maxComposites = 1_000;

/** The outer step of an action's folder, for nested steps that do not name it. */
class Composites {
  readonly #outerByFolder = new Map<string, string>();

  outerOf(job: string, folder: string, named: string | null): string {
    const key = `${job}\0${folder}`;
    const current = this.#outerByFolder.get(key);
    const isUnnamed = current?.endsWith('/') === true;
    const outer = named === null || isUnnamed ? (current ?? `${folder}/`) : named;
    if (this.#outerByFolder.size < maxComposites || current !== undefined) this.#outerByFolder.set(key, outer);
    return outer;
  }
}

function placeChild(event: ExecEvent, composites: Composites): RootPlacement {
  const jobKey = jobKeyOf(event.env);
  return {
    jobKey,
    steps: isNodeProbe(event.argv) ? [] : stepKeysOf(event, jobKey ?? '', composites),
    endsWithFirst: false,
  };
}

/** From the environment, which act sets; scripts also carry their step's id in the file name, which names the outer step too. */
function stepKeysOf(event: ExecEvent, jobKey: string, composites: Composites): StepKey[] {
  const { GITHUB_ACTION: action = '', GITHUB_ACTION_PATH: folder = '' } = event.env;
  const script = scriptKeys(event.argv);
  const invocation = event.root ?? event.image;
  const inner = script?.inner ?? (folder === '' ? '' : action);
  if (inner === '') {
    const key = action || (script?.outer ?? '');
    return key === '' ? [] : [{ key, invocation }];
  }
  const outer = composites.outerOf(jobKey, folder, script?.outer ?? null);
  return [
    { key: outer, invocation: null },
    { key: inner, invocation },
  ];
}

/** act's work folder is one a job: `<cache>/<16 hex>/act/workflow/outputcmd.txt`. */
function jobKeyOf(env: Readonly<Record<string, string>>): string | null {
  const { GITHUB_JOB: job = '', GITHUB_OUTPUT: output = '' } = env;
  if (job === '') return null;
  return `${job}\0${/\/([0-9a-f]{16})\/act\/workflow\//.exec(output)?.[1] ?? ''}`;
}

/** `…/act/workflow/<step>.sh`, in composites `<outer>-composite-<inner>.sh` (act: pkg/runner/step_run.go). */
function scriptKeys(argv: readonly string[]): { outer: string; inner: string | null } | null {
  const stem = /\/act\/workflow\/([^/]+)\.[a-z0-9]{1,4}$/.exec(argv.at(-1) ?? '')?.[1];
  if (stem === undefined) return null;
  const at = stem.indexOf('-composite-');
  return at < 0
    ? { outer: stem, inner: null }
    : { outer: stem.slice(0, at), inner: stem.slice(at + '-composite-'.length) };
}

/** act asks node where it is before each JavaScript action. */
function isNodeProbe(argv: readonly string[]): boolean {
  return argv.includes('-e') && argv.includes('console.log(process.execPath)');
}

function identifyJob(job: JobView, identity: PipelineIdentity, names: WorkflowNames | null): JobIdentity | null {
  if (job.firstStep === null && !job.ended) return null;
  const env = job.firstStep?.env ?? {};
  const context = contextOfEnvironment(env);
  const id = job.key?.split('\0')[0] ?? '';
  const run = runOf(env, seededRun(identity, job.key ?? '', env.TRACEPARENT));
  return {
    name: names?.job(env.GITHUB_WORKFLOW ?? '', id) ?? (id || serviceName(identity)),
    run,
    taskRunId: id || serviceName(identity),
    url: null,
    resource: resourceOf({ ...context, runId: run.runId ?? undefined }, serviceName(identity)),
  };
}

/** act makes up run 1 where it is not told one. */
function runOf(env: Readonly<Record<string, string>>, seeded: RunKey): RunKey {
  const runId = digits(env.GITHUB_RUN_ID);
  if (runId === null || runId === '1') return seeded;
  return {
    ...seeded,
    runId,
    runAttempt: digits(env.GITHUB_RUN_ATTEMPT) ?? '1',
    runnerName: env.RUNNER_NAME ?? '',
  };
}

function describeStep(step: StepView, names: WorkflowNames | null): StepDescription {
  const job = step.job.key?.split('\0')[0] ?? '';
  const written = step.outer === null ? names?.step(step.first.env.GITHUB_WORKFLOW ?? '', job, step.key) : null;
  const name = written?.name ?? (step.key.endsWith('/') ? folderName(step.key) : step.key);
  const stage = step.instance === 1 ? 'main' : 'post';
  const attributes = known({ [stepId]: step.key, [stepUses]: written?.uses, [stepStage]: stage });
  return { name: stage === 'post' ? `Post ${name}` : name, attributes };
}

function folderName(key: string): string {
  return `Run ${key.split('/').at(-2) ?? key}`;
}

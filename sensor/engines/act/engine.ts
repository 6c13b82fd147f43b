import { stepId, stepStage, stepUses } from '../../../crds/attributes.ts';
import type { ExecEvent } from '../../decode/process-events.ts';
import type { RunKey } from '../../spans/ids.ts';
import { known } from '../../spans/text.ts';
import type {
  Engine,
  JobHandle,
  JobIdentity,
  JobView,
  RootPlacement,
  SeenStep,
  StepDescription,
  StepKey,
  StepView,
} from '../engine.ts';
import { programName, serviceName } from '../generic/engine.ts';
import { contextOfEnvironment, digits, resourceOf } from '../github-context.ts';
import { type PipelineIdentity, seededRun } from '../identity.ts';
import { folderOf } from './action-folder.ts';
import { resolveExpressions } from './expression.ts';
import { findStep, type PlannedJob, type PlannedStep } from './planned-job.ts';
import { JobProgress } from './progress.ts';
import { UnplannedSteps } from './unplanned.ts';
import { isComplete, unseenCheckouts } from './unseen.ts';
import type { Workflows } from './workflow.ts';

/**
 * nektos/act in host mode: its steps are its direct children. `workflows` name them where the files can be read.
 * One job is one GITHUB_JOB in one of act's job folders, so that the jobs of a matrix are told apart.
 */
export function createActEngine(identity: PipelineIdentity, workflows: Workflows | null): Engine {
  const jobs = new ActJobs(workflows);
  return {
    name: 'act',
    jobsBeginWith: 'child',
    isRunner: (event) => /(^|\/)act$/.test(event.filename),
    place: (event) => jobs.place(event),
    identify: (job) => identifyJob(job, identity, jobs),
    describe: (step) => describeStep(step, jobs.planOf(step.job)),
    unseenSteps: (job, next, seen) => {
      const plan = jobs.planOf(job);
      if (plan === null) return [];
      return unseenCheckouts(plan, next === null || next.instance > 1 ? null : next.key, seen);
    },
    resultOf: ({ code, signal }, job) => {
      if (code === 0 && signal === 0) return 'success';
      return !job.only && hasSucceeded(jobs.planOf(job), job.seen) ? 'success' : 'failure';
    },
  };
}

interface ActJob {
  /** `null` where the workflow files do not say. */
  readonly plan: PlannedJob | null;
  readonly progress: JobProgress | null;
  /** Its id in the workflow, numbered from the second job of that id (a matrix) on. */
  readonly runId: string;
}

const maxJobs = 1_000;

/** The jobs that showed themselves, each by its key. */
class ActJobs {
  readonly #workflows: Workflows | null;
  readonly #jobs = new Map<string, ActJob>();
  readonly #unplanned = new UnplannedSteps();

  constructor(workflows: Workflows | null) {
    this.#workflows = workflows;
  }

  place(event: ExecEvent): RootPlacement {
    const jobKey = jobKeyOf(event.env);
    const job = jobKey === null ? null : this.#enter(jobKey, event);
    if (isNodeProbe(event.argv)) return { jobKey, steps: [], endsWithFirst: false };
    const steps = job?.progress?.place(event) ?? this.#placeUnplanned(event, jobKey ?? '', job?.plan ?? null);
    return { jobKey, steps, endsWithFirst: false };
  }

  planOf({ key }: Pick<JobHandle, 'key'>): PlannedJob | null {
    return this.#jobs.get(key ?? '')?.plan ?? null;
  }

  runIdOf({ key }: Pick<JobHandle, 'key'>): string {
    return this.#jobs.get(key ?? '')?.runId ?? idOf(key);
  }

  /** The steps of an action that cannot be read are not planned, but the step that uses it is. */
  #placeUnplanned(event: ExecEvent, jobKey: string, plan: PlannedJob | null): StepKey[] {
    const [outer, ...inner] = this.#unplanned.place(event, jobKey);
    if (outer === undefined || inner.length === 0) return outer === undefined ? [] : [outer];
    const user = plan?.steps.find((step) => usesUnder(step, outer.key));
    return [{ ...outer, key: user?.key ?? outer.key }, ...inner];
  }

  #enter(key: string, { env }: ExecEvent): ActJob | null {
    const known = this.#jobs.get(key);
    if (known !== undefined || this.#jobs.size >= maxJobs) return known ?? null;
    const id = idOf(key);
    const others = [...this.#jobs.keys()].filter((other) => idOf(other) === id).length;
    const plan = this.#workflows?.job(env.GITHUB_WORKFLOW ?? '', id) ?? null;
    const progress = plan === null ? null : new JobProgress(plan);
    const job = { plan, progress, runId: others === 0 ? id : `${id}-${others + 1}` };
    this.#jobs.set(key, job);
    return job;
  }
}

/** Of several jobs act's exit status says only that one failed: one that came to its end without a failure did not. */
function hasSucceeded(plan: PlannedJob | null, seen: readonly SeenStep[]): boolean {
  return plan === null ? seen.every(({ result }) => result !== 'failure') : isComplete(plan, seen);
}

/** Whether the step is meant by `key`: its id, or the folder of its action, of a fetched one `…/octo-act@v1/`. */
function usesUnder({ id, uses }: PlannedStep, key: string): boolean {
  if (uses === null) return false;
  return id === key || key.endsWith(`/${uses.startsWith('./') ? folderOf(uses) : uses.replaceAll('/', '-')}/`);
}

/** act's work folder is one a job: `<cache>/<16 hex>/act/workflow/outputcmd.txt`. */
function jobKeyOf(env: Readonly<Record<string, string>>): string | null {
  const { GITHUB_JOB: job = '', GITHUB_OUTPUT: output = '' } = env;
  if (job === '') return null;
  return `${job}\0${/\/([0-9a-f]{16})\/act\/workflow\//.exec(output)?.[1] ?? ''}`;
}

function idOf(jobKey: string | null): string {
  return jobKey?.split('\0')[0] ?? '';
}

/** act asks node where it is before each JavaScript action. */
function isNodeProbe(argv: readonly string[]): boolean {
  return argv.includes('-e') && argv.includes('console.log(process.execPath)');
}

function identifyJob(job: JobView, identity: PipelineIdentity, jobs: ActJobs): JobIdentity | null {
  if (job.firstStep === null && !job.ended) return null;
  const env = job.firstStep?.env ?? {};
  const context = contextOfEnvironment({ ...env, GITHUB_REPOSITORY: repositoryOf(env) });
  const run = runOf(env, seededRun(identity, job.key ?? '', env.TRACEPARENT));
  const fallback = programName(identity);
  return {
    name: resolved(jobs.planOf(job)?.name ?? '', env) || idOf(job.key) || fallback,
    run,
    taskRunId: jobs.runIdOf(job) || fallback,
    url: null,
    resource: resourceOf({ ...context, runId: run.runId ?? undefined }, serviceName(identity)),
  };
}

/** act says that a folder without a git remote is its own repository (act: pkg/runner/run_context.go). */
function repositoryOf({ GITHUB_REPOSITORY: repository = '' }: Readonly<Record<string, string>>): string {
  return repository === 'nektos/act' ? '' : repository;
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

function describeStep(step: StepView, plan: PlannedJob | null): StepDescription {
  const planned = findStep(plan, step.key);
  const name = planned === null ? unplannedName(step.key) : resolved(planned.name, step.first.env);
  const stage = step.instance === 1 ? 'main' : 'post';
  const attributes = known({ [stepId]: planned?.id ?? step.key, [stepUses]: planned?.uses, [stepStage]: stage });
  return { name: stage === 'post' ? `Post ${name}` : name, attributes };
}

function unplannedName(key: string): string {
  return key.endsWith('/') ? `Run ${key.split('/').findLast((part) => part !== '') ?? key}` : key;
}

/** With the values of the `github` context that act puts into every step's environment. */
function resolved(name: string, env: Readonly<Record<string, string>>): string {
  return resolveExpressions(name, (path) => {
    const [context, key = ''] = path.split('.');
    if (path === 'github.ref_name') return env.GITHUB_REF?.replace(/^refs\/(heads|tags|pull)\//, '');
    return context === 'github' ? env[`GITHUB_${key.toUpperCase()}`] : undefined;
  });
}

import { stepId, stepInvocation, stepUses } from '../../../crds/attributes.ts';
import type { ExecEvent } from '../../decode/process-events.ts';
import { baseName, known } from '../../spans/text.ts';
import type { Engine, JobIdentity, JobView, RootPlacement, StepDescription, StepView } from '../engine.ts';
import { contextOfEnvironment, digits, resourceOf } from '../github-context.ts';
import { type PipelineIdentity, seededRun } from '../identity.ts';

/**
 * A job pod of ARC's kubernetes mode: every step is one `sh -e /__w/_temp/<guid>.sh` that the container hooks execute into the pod, and that
 * goes over into `env NAME=value… program` (runner-container-hooks, packages/k8s: run-script-step.ts, utils.ts). Names and results of the job
 * are known only where the runner is; both tell the step's `GITHUB_OUTPUT` GUID.
 */
export function createGithubJobPodEngine(identity: PipelineIdentity): Engine {
  const steps = new Map<string, Variables>();
  return {
    name: 'github-job-pod',
    jobsBeginWith: 'entry',
    isRunner: () => false,
    place: placeEntry,
    goesOver: (step, image) => {
      const variables = variablesOf(image.argv) ?? variablesOf(image.replaced?.argv ?? []);
      if (variables !== null && !steps.has(step) && steps.size < maxSteps) steps.set(step, variables);
    },
    identify: (job) => identifyJob(job, identity, steps),
    describe: (step) => describeStep(step, steps.get(step.first.image) ?? {}),
    resultOf: () => 'error',
  };
}

type Variables = Readonly<Record<string, string>>;

const maxSteps = 1_000;
const guid = '[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}';
const entryScript = new RegExp(`/_temp/(${guid})\\.sh$`);
const outputFile = new RegExp(`/set_output_(${guid})$`);

/** Whether the execution is a step's entry into a job pod. Only the kubelet's own processes come from outside. */
export function isStepEntry({ argv, origin }: ExecEvent): boolean {
  return origin === 'joined' && scriptOf(argv) !== null;
}

function scriptOf(argv: readonly string[]): string | null {
  const [shell = '', option, script = ''] = argv;
  if (baseName(shell) !== 'sh' || option !== '-e' || argv.length !== 3) return null;
  return entryScript.exec(script)?.[1] ?? null;
}

/** Each entry is a step of its own, whatever it says that it is. */
function placeEntry(event: ExecEvent): RootPlacement {
  const steps = isStepEntry(event) ? [{ key: event.image, invocation: event.image }] : [];
  return { jobKey: null, steps, endsWithFirst: false };
}

/** The allow-listed variables that the hooks give to the step, as arguments of `env`; `null` where they are not (all) there. */
function variablesOf(argv: readonly string[]): Variables | null {
  if (baseName(argv[0] ?? '') !== 'env') return null;
  const variables: Record<string, string> = Object.create(null);
  for (const argument of argv.slice(1, maxArguments)) {
    const [, name, value = ''] = /^(\w{1,128})=(.*)$/s.exec(argument) ?? [];
    if (name === undefined) break;
    if (names.has(name)) variables[name] ??= value.slice(0, maxValue);
  }
  return outputFile.test(variables.GITHUB_OUTPUT ?? '') ? variables : null;
}

const maxArguments = 4_096;
const maxValue = 512;
const names = new Set(
  [
    'ACTION',
    'ACTION_REPOSITORY',
    'ACTION_REF',
    'OUTPUT',
    'JOB',
    'RUN_ID',
    'RUN_ATTEMPT',
    'REPOSITORY',
    'WORKFLOW',
    'REF',
    'SHA',
  ]
    .map((name) => `GITHUB_${name}`)
    .concat('RUNNER_NAME', 'TRACEPARENT'),
);

/** The job's own ids are the runner pod's; this pod is one more task of the run. */
function identifyJob(
  job: JobView,
  identity: PipelineIdentity,
  steps: ReadonlyMap<string, Variables>,
): JobIdentity | null {
  const [variables = {}] = steps.values();
  if (steps.size === 0 && !job.ended) return null;
  const context = contextOfEnvironment(variables);
  const runId = digits(context.runId);
  return {
    name: identity.name,
    run: {
      ...seededRun(identity, '', variables.TRACEPARENT),
      runId,
      runAttempt: digits(context.runAttempt) ?? '1',
      runnerName: identity.name,
    },
    taskRunId: identity.name,
    url: null,
    resource: resourceOf(context, identity.service ?? identity.name, 'github'),
  };
}

function describeStep({ ordinal }: StepView, variables: Variables): StepDescription {
  const { GITHUB_ACTION: action, GITHUB_ACTION_REPOSITORY: repository = '', GITHUB_ACTION_REF: ref = '' } = variables;
  const uses = repository === '' ? null : `${repository}${ref === '' ? '' : `@${ref}`}`;
  return {
    name: uses === null ? action || `Step ${ordinal}` : `Run ${uses}`,
    attributes: known({
      [stepId]: action,
      [stepUses]: uses,
      [stepInvocation]: outputFile.exec(variables.GITHUB_OUTPUT ?? '')?.[1],
    }),
  };
}

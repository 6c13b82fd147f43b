import { folderOf } from './action-folder.ts';
import { either, type KnownValues, resolveExpressions, valuesOf } from './expression.ts';
import type { Condition, PlannedJob, PlannedStep } from './planned-job.ts';
import { type Fields, fieldsOf, listOf, parseFields, textOf } from './yaml.ts';

/** A local action's `action.yml`, by its folder relative to the repository; no fields where there is none to read. */
export type ActionReader = (folder: string) => Fields;

export interface PlanOptions {
  readonly readAction: ActionReader;
  /** act is told to fetch actions/checkout like any other action. */
  readonly fetchesCheckout: boolean;
}

export interface PlannedWorkflow {
  readonly name: string;
  readonly jobs: ReadonlyMap<string, PlannedJob>;
}

/** A composite may use composites (GitHub allows ten levels); many that use many would multiply without end. */
const maxDepth = 10;
const maxSteps = 5_000;

/** What a workflow file plans. Hostile text plans nothing; nothing throws. */
export function planWorkflow(file: string, text: string, planner: Planner): PlannedWorkflow {
  const workflow = parseFields(text);
  const jobs = Object.entries(fieldsOf(workflow.jobs)).map(
    ([key, job]) => [key, planJob(key, { job: fieldsOf(job), workflow, planner })] as const,
  );
  return { name: textOf(workflow.name) || file, jobs: new Map(jobs) };
}

function planJob(
  key: string,
  { job, workflow, planner }: { job: Fields; workflow: Fields; planner: Planner },
): PlannedJob {
  const matrix = valuesOf('matrix', onlyValues(fieldsOf(fieldsOf(job.strategy).matrix)));
  const values = either(matrix, knownEnvironment(workflow, job));
  return {
    name: resolveExpressions(textOf(job.name), matrix) || key,
    steps: planner.steps(job.steps, { values, above: null, folder: null, depth: 0 }),
  };
}

/** The environment as the file says it, unless steps change it while the job runs. */
function knownEnvironment(workflow: Fields, job: Fields): KnownValues {
  const changes = listOf(job.steps).some((step) => textOf(fieldsOf(step).run).includes('GITHUB_ENV'));
  return valuesOf('env', changes ? {} : { ...fieldsOf(workflow.env), ...fieldsOf(job.env) });
}

/** The matrix values that every job of the matrix has: which job has which of several, nothing tells from outside. */
function onlyValues(matrix: Fields): Fields {
  const { include, exclude: _, ...axes } = matrix;
  const extra = listOf(include);
  if (extra.length > 0) return Object.keys(axes).length === 0 && extra.length === 1 ? fieldsOf(extra[0]) : {};
  const single = Object.entries(axes).filter(([, values]) => listOf(values).length === 1);
  return Object.fromEntries(single.map(([key, values]) => [key, listOf(values)[0]]));
}

interface Place {
  readonly values: KnownValues;
  readonly above: PlannedStep | { readonly key: string; readonly stem: string } | null;
  readonly folder: string | null;
  readonly depth: number;
}

/** Plans steps, of all workflows together not more than can be held. */
export class Planner {
  readonly #options: PlanOptions;
  #planned = 0;

  constructor(options: PlanOptions) {
    this.#options = options;
  }

  steps(list: unknown, place: Place): PlannedStep[] {
    const room = Math.max(0, maxSteps - this.#planned);
    const steps = listOf(list).slice(0, room);
    this.#planned += steps.length;
    return steps.map((step, index) => this.#step(fieldsOf(step), index, place));
  }

  #step(step: Fields, index: number, place: Place): PlannedStep {
    const id = textOf(step.id) || String(index);
    const key = place.above === null ? `#${index}` : `${place.above.key}/${index}`;
    const stem = place.above === null ? id : `${place.above.stem}-composite-${id}`;
    const uses = textOf(step.uses) || null;
    const condition = conditionOf(step.if);
    return {
      key,
      id,
      stem,
      folder: place.folder,
      name: resolveExpressions(nameOf(step), place.values),
      uses,
      condition,
      continueOnError: step['continue-on-error'] === true,
      isOwnCheckout: !this.#options.fetchesCheckout && condition === 'none' && isLocalCheckout(uses, step),
      nested: uses === null ? [] : this.#nested(uses, step, { ...place, above: { key, stem } }),
    };
  }

  #nested(uses: string, step: Fields, place: Place): PlannedStep[] {
    if (!uses.startsWith('./') || place.depth >= maxDepth || this.#planned >= maxSteps) return [];
    const folder = folderOf(uses);
    const action = this.#options.readAction(folder);
    const inputs = { ...defaultsOf(fieldsOf(action.inputs)), ...resolvedWith(fieldsOf(step.with), place.values) };
    const values = either(valuesOf('inputs', inputs), (path) =>
      path.startsWith('env.') ? place.values(path) : undefined,
    );
    return this.steps(fieldsOf(action.runs).steps, { ...place, values, folder, depth: place.depth + 1 });
  }
}

function defaultsOf(inputs: Fields): Fields {
  return Object.fromEntries(Object.entries(inputs).map(([key, input]) => [key, fieldsOf(input).default]));
}

function resolvedWith(given: Fields, values: KnownValues): Fields {
  const entries = Object.entries(given);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, typeof value === 'string' ? resolveExpressions(value, values) : value]),
  );
}

/** Without a name, as GitHub shows it: `Run` with what is used or the script's first line. */
function nameOf(step: Fields): string {
  const firstLine = textOf(step.run).trimStart().split(/\r?\n/, 1)[0] ?? '';
  return textOf(step.name) || `Run ${textOf(step.uses) || firstLine}`;
}

/** A condition without one of these words stands for `success() && …` (GitHub, expressions, status check functions). */
function conditionOf(condition: unknown): Condition {
  if (condition === undefined || condition === null) return 'none';
  return /\b(always|failure|cancelled)\s*\(/i.test(String(condition)) ? 'status' : 'success';
}

/** Of the repository itself, at the ref that runs (act: pkg/runner/step.go, isLocalCheckout): its files are there already. */
function isLocalCheckout(uses: string | null, step: Fields): boolean {
  const given = fieldsOf(step.with);
  return /^actions\/checkout@./.test(uses ?? '') && given.repository === undefined && given.ref === undefined;
}

import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parse } from 'yaml';

/** Display names from workflow files. `workflow` is the workflow's name as act tells it (GITHUB_WORKFLOW), empty if unknown. */
export interface WorkflowNames {
  /** Of a job by its key; `null` where the files do not say, or say two things. */
  job(workflow: string, key: string): string | null;
  /** Of a step by its id or its index from 0. */
  step(workflow: string, job: string, idOrIndex: string): StepName | null;
}

export interface StepName {
  readonly name: string;
  /** What the step uses; `null` for a script. */
  readonly uses: string | null;
}

interface Job {
  readonly name: string;
  readonly steps: ReadonlyMap<string, StepName>;
}

interface Workflow {
  readonly name: string;
  readonly jobs: ReadonlyMap<string, Job>;
}

const maxFiles = 200;
const maxFileBytes = 1024 * 1024;

/**
 * Reads the workflow files that `act` with these arguments would run in `cwd`: `.github/workflows` or what `-W` names, below `-C`.
 * Files that cannot be read or parsed are act's to complain about; here they only name nothing.
 */
export function readWorkflowNames(argv: readonly string[], cwd: string): WorkflowNames {
  const folder = resolve(cwd, optionValue(argv, '-C', '--directory') ?? '.');
  const path = resolve(folder, optionValue(argv, '-W', '--workflows') ?? '.github/workflows');
  const workflows = workflowFiles(path).flatMap(readWorkflow);
  return namesOf(workflows);
}

/** The names of workflows given as `[file name, text]`. */
export function parseWorkflowNames(files: readonly (readonly [string, string])[]): WorkflowNames {
  return namesOf(files.flatMap(([file, text]) => parseWorkflow(file, text)));
}

function namesOf(workflows: readonly Workflow[]): WorkflowNames {
  const find = (workflow: string, key: string): Job | null => {
    const named = workflows.filter(({ name }) => name === workflow);
    const jobs = (named.length > 0 ? named : workflows).flatMap(({ jobs }) => jobs.get(key) ?? []);
    return jobs.length === 1 ? (jobs[0] ?? null) : null;
  };
  return {
    job: (workflow, key) => find(workflow, key)?.name ?? null,
    step: (workflow, job, idOrIndex) => find(workflow, job)?.steps.get(idOrIndex) ?? null,
  };
}

function optionValue(argv: readonly string[], short: string, long: string): string | null {
  for (const [index, argument] of argv.entries()) {
    if (argument === short || argument === long) return argv[index + 1] ?? null;
    if (argument.startsWith(`${long}=`)) return argument.slice(long.length + 1);
    if (argument.startsWith(short) && !argument.startsWith('--') && argument.length > short.length) {
      return argument.slice(short.length).replace(/^=/, '');
    }
  }
  return null;
}

function workflowFiles(path: string): string[] {
  try {
    if (statSync(path).isFile()) return [path];
    const entries: Dirent[] = readdirSync(path, { withFileTypes: true, recursive: true });
    const files = entries.filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name));
    return files.slice(0, maxFiles).map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}

function readWorkflow(file: string): Workflow[] {
  try {
    if (statSync(file).size > maxFileBytes) return [];
    return parseWorkflow(file, readFileSync(file, 'utf8'));
  } catch {
    return [];
  }
}

function parseWorkflow(file: string, text: string): Workflow[] {
  const workflow = fields(parseYaml(text));
  const jobs = Object.entries(fields(workflow.jobs)).map(([key, job]) => [key, readJob(key, fields(job))] as const);
  return [{ name: stringOf(workflow.name) || basename(file), jobs: new Map(jobs) }];
}

function parseYaml(text: string): unknown {
  try {
    return parse(text, { logLevel: 'silent' });
  } catch {
    return null;
  }
}

function readJob(key: string, job: Record<string, unknown>): Job {
  const steps = new Map<string, StepName>();
  const list = Array.isArray(job.steps) ? job.steps : [];
  for (const [index, value] of list.entries()) {
    const step = fields(value);
    steps.set(stringOf(step.id) || String(index), readStep(step));
  }
  return { name: stringOf(job.name) || key, steps };
}

/** Without a name, as GitHub shows it: `Run` with what is used or the script's first line. */
function readStep(step: Record<string, unknown>): StepName {
  const uses = stringOf(step.uses) || null;
  const firstLine = stringOf(step.run).trimStart().split(/\r?\n/, 1)[0] ?? '';
  return { name: stringOf(step.name) || `Run ${uses ?? firstLine}`, uses };
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function stringOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

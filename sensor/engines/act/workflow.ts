import { type Dirent, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join, resolve, sep } from 'node:path';
import { type ActionReader, type PlannedWorkflow, Planner, planWorkflow } from './plan.ts';
import type { PlannedJob } from './planned-job.ts';
import { type Fields, parseFields } from './yaml.ts';

/** What the workflow files plan. */
export interface Workflows {
  /** A job by its key; `null` where the files do not say, or say two things. `workflow`: its name as act tells it (GITHUB_WORKFLOW), empty if unknown. */
  job(workflow: string, key: string): PlannedJob | null;
}

const maxFiles = 200;
/** Of all files together: act waits while they are read, and parsing takes seconds a megabyte. */
const maxBytes = 1024 * 1024;

/**
 * Reads the workflow files that `act` with these arguments would run in `cwd`: `.github/workflows` or what `-W` names, below `-C`.
 * Files that cannot be read or parsed are act's to complain about; here they only plan nothing.
 */
export function readWorkflows(argv: readonly string[], cwd: string): Workflows {
  const all = [...configuredArguments(cwd), ...argv];
  const folder = resolve(cwd, optionValue(all, '-C', '--directory') ?? '.');
  const path = resolve(folder, optionValue(all, '-W', '--workflows') ?? '.github/workflows');
  const read = boundedReader();
  const fetchesCheckout = all.includes('--no-skip-checkout');
  const planner = new Planner({ readAction: actionReader(folder, read), fetchesCheckout });
  return workflowsOf(workflowFiles(path).map((file) => planWorkflow(basename(file), read(file) ?? '', planner)));
}

/** The workflows given as `[file name, text]`, with the actions given by folder. */
export function parseWorkflows(
  files: readonly (readonly [string, string])[],
  actions: Readonly<Record<string, string>> = {},
): Workflows {
  const readAction = (folder: string) => parseFields((Object.hasOwn(actions, folder) && actions[folder]) || '');
  const planner = new Planner({ readAction, fetchesCheckout: false });
  return workflowsOf(files.map(([file, text]) => planWorkflow(file, text, planner)));
}

function workflowsOf(workflows: readonly PlannedWorkflow[]): Workflows {
  return {
    job: (workflow, key) => {
      const named = workflows.filter(({ name }) => name === workflow);
      const jobs = (named.length > 0 ? named : workflows).flatMap(({ jobs }) => jobs.get(key) ?? []);
      return jobs.length === 1 ? (jobs[0] ?? null) : null;
    },
  };
}

/** act puts the lines of these files that begin with `-` before its arguments (act: cmd/root.go, configLocations). */
function configuredArguments(cwd: string): string[] {
  const read = boundedReader();
  const files = [join(homedir(), '.config/act/actrc'), join(homedir(), '.actrc'), join(cwd, '.actrc')];
  const lines = files.flatMap((file) => (read(file) ?? '').split('\n')).map((line) => line.trim());
  return lines.filter((line) => line.startsWith('-')).flatMap((line) => line.split(/\s+(.*)/, 2));
}

/** The last one given counts. */
function optionValue(argv: readonly string[], short: string, long: string): string | null {
  let value: string | null = null;
  for (const [index, argument] of argv.entries()) {
    if (argument === short || argument === long) value = argv[index + 1] ?? null;
    else if (argument.startsWith(`${long}=`)) value = argument.slice(long.length + 1);
    else if (argument.startsWith(short) && !argument.startsWith('--'))
      value = argument.slice(short.length).replace(/^=/, '');
  }
  return value;
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

/** Reads `action.yml` or `action.yaml` below the repository; links that lead out of it are not followed. */
function actionReader(repository: string, read: FileReader): ActionReader {
  const actions = new Map<string, Fields>();
  return (folder) => {
    const known = actions.get(folder);
    if (known !== undefined || actions.size >= maxFiles) return known ?? {};
    const action = parseFields(readConfined(repository, folder, read) ?? '');
    actions.set(folder, action);
    return action;
  };
}

function readConfined(repository: string, folder: string, read: FileReader): string | null {
  for (const name of ['action.yml', 'action.yaml']) {
    try {
      const root = realpathSync(repository);
      const file = realpathSync(resolve(root, folder, name));
      const text = file.startsWith(root.endsWith(sep) ? root : root + sep) ? read(file) : null;
      if (text !== null) return text;
    } catch {
      // not there under this name
    }
  }
  return null;
}

/** The text of a file; `null` for what is missing, no file, or too large. */
type FileReader = (file: string) => string | null;

function boundedReader(): FileReader {
  let left = maxBytes;
  return (file) => {
    try {
      const stats = statSync(file);
      if (!stats.isFile() || stats.size > left) return null;
      left -= stats.size;
      return readFileSync(file, 'utf8');
    } catch {
      return null;
    }
  };
}

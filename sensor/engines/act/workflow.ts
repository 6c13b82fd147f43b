import { type Dirent, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join, resolve, sep } from 'node:path';
import { type ActionReader, type PlannedWorkflow, planWorkflow } from './plan.ts';
import type { PlannedJob } from './planned-job.ts';

/** What the workflow files plan. */
export interface Workflows {
  /** A job by its key; `null` where the files do not say, or say two things. `workflow`: its name as act tells it (GITHUB_WORKFLOW), empty if unknown. */
  job(workflow: string, key: string): PlannedJob | null;
}

const maxFiles = 200;
const maxFileBytes = 1024 * 1024;

/**
 * Reads the workflow files that `act` with these arguments would run in `cwd`: `.github/workflows` or what `-W` names, below `-C`.
 * Files that cannot be read or parsed are act's to complain about; here they only plan nothing.
 */
export function readWorkflows(argv: readonly string[], cwd: string): Workflows {
  const all = [...configuredArguments(cwd), ...argv];
  const folder = resolve(cwd, optionValue(all, '-C', '--directory') ?? '.');
  const path = resolve(folder, optionValue(all, '-W', '--workflows') ?? '.github/workflows');
  const options = { readAction: actionReader(folder), fetchesCheckout: all.includes('--no-skip-checkout') };
  const files = workflowFiles(path).map((file) => [basename(file), readBounded(file)] as const);
  return workflowsOf(files.map(([file, text]) => planWorkflow(file, text ?? '', options)));
}

/** The workflows given as `[file name, text]`, with the actions given by folder. */
export function parseWorkflows(
  files: readonly (readonly [string, string])[],
  actions: Readonly<Record<string, string>> = {},
): Workflows {
  const readAction = (folder: string) => (Object.hasOwn(actions, folder) ? (actions[folder] ?? null) : null);
  return workflowsOf(files.map(([file, text]) => planWorkflow(file, text, { readAction, fetchesCheckout: false })));
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
  const files = [join(homedir(), '.config/act/actrc'), join(homedir(), '.actrc'), join(cwd, '.actrc')];
  const lines = files.flatMap((file) => (readBounded(file) ?? '').split('\n')).map((line) => line.trim());
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
function actionReader(repository: string): ActionReader {
  const texts = new Map<string, string | null>();
  return (folder) => {
    const known = texts.get(folder);
    if (known !== undefined || texts.size >= maxFiles) return known ?? null;
    const text = readConfined(repository, folder);
    texts.set(folder, text);
    return text;
  };
}

function readConfined(repository: string, folder: string): string | null {
  for (const name of ['action.yml', 'action.yaml']) {
    try {
      const root = realpathSync(repository);
      const file = realpathSync(resolve(root, folder, name));
      const text = file.startsWith(root.endsWith(sep) ? root : root + sep) ? readBounded(file) : null;
      if (text !== null) return text;
    } catch {
      // not there under this name
    }
  }
  return null;
}

/** `null` for what is missing, too large or no file. */
function readBounded(file: string): string | null {
  try {
    const stats = statSync(file);
    return stats.isFile() && stats.size <= maxFileBytes ? readFileSync(file, 'utf8') : null;
  } catch {
    return null;
  }
}

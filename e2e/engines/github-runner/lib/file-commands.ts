import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobState } from './job-state.ts';
import type { RunnerFolders } from './runner-folders.ts';

const kinds = {
  GITHUB_PATH: 'add_path',
  GITHUB_ENV: 'set_env',
  GITHUB_STEP_SUMMARY: 'step_summary',
  GITHUB_STATE: 'save_state',
  GITHUB_OUTPUT: 'set_output',
};

/** Creates the files of one step and returns the variables that name them; all carry the same GUID. */
export function createFileCommands(folders: RunnerFolders, id: string): Record<string, string> {
  mkdirSync(folders.fileCommands, { recursive: true });
  const variables = Object.entries(kinds).map(
    ([variable, kind]) => [variable, join(folders.fileCommands, `${kind}_${id}`)] as const,
  );
  for (const [, file] of variables) writeFileSync(file, '');
  return Object.fromEntries(variables);
}

/** Applies what the step wrote to GITHUB_ENV (lines `NAME=value`) and GITHUB_PATH to the steps after it. */
export function readFileCommands(folders: RunnerFolders, state: JobState, id: string): void {
  for (const line of linesOf(join(folders.fileCommands, `set_env_${id}`))) {
    const at = line.indexOf('=');
    if (at > 0) state.environment.set(line.slice(0, at), line.slice(at + 1));
  }
  state.path.unshift(...linesOf(join(folders.fileCommands, `add_path_${id}`)).reverse());
}

function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}

import { posix } from 'node:path';
import type { ExecEvent } from '../../decode/process-events.ts';
import { baseName } from '../../spans/text.ts';

export type JobHook = 'started' | 'completed';

/** What the runner calls the hooks around a job (actions/runner, JobExtension.cs). */
export const hookNames: Record<JobHook, string> = { started: 'Set up runner', completed: 'Complete runner' };

const shells = new Set(['bash', 'sh', 'pwsh', 'powershell']);

/**
 * Which hook around the job (ACTIONS_RUNNER_HOOK_JOB_STARTED and …_COMPLETED) the worker's child is. It has command files of its own
 * like a step, and after the last step still that step's GITHUB_ACTION; but what it runs is a file of the runner's host, where a step's
 * script lies in the runner's temporary folder and an action's in a folder of actions or of the workspace.
 */
export function hookOf({ argv, cwd, env }: ExecEvent): JobHook | null {
  const program = baseName(argv[0] ?? '');
  const file = argv.at(-1) ?? '';
  const isHook = shells.has(program) ? isShellHook(argv) : program === 'node' && isNodeHook(file, cwd);
  if (argv.length < 2 || !isHook || (env.GITHUB_ACTION_PATH ?? '') !== '') return null;
  return (env.GITHUB_ACTION ?? '') === '' ? 'started' : 'completed';
}

/** A step's script is always one of the arguments, whatever its shell. */
function isShellHook(argv: readonly string[]): boolean {
  return /^(?:\. ')?\//.test(argv.at(-1) ?? '') && !argv.some((argument) => argument.includes('/_temp/'));
}

/** `index.js` outside of both folders is a container hook, which runs a step. */
function isNodeHook(file: string, cwd: string): boolean {
  if (!file.startsWith('/') || file.includes('/_actions/') || posix.basename(file) === 'index.js') return false;
  return !posix.normalize(file).startsWith(`${cwd}/`);
}

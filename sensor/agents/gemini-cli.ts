import type { CodingAgent } from './agent.ts';
import { scriptOf } from './agent-program.ts';
import { shellText } from './shell-call.ts';

/** Gemini CLI: a script for Node that starts itself again with more memory. Each command is a `bash -c` that notes what is left in the background. */
export const geminiCli: CodingAgent = {
  name: 'gemini-cli',
  provider: 'gcp.gemini',

  program: { packages: ['@google/gemini-cli'], entry: /^(bundle\/gemini|dist\/index)\.js$/, name: 'gemini' },

  isStartedAgain: (child) =>
    scriptOf(child)?.endsWith('/gemini') === true && child.argv[1]?.startsWith('--max-old-space-size=') === true,

  toolCall(child) {
    const text = shellText(child);
    const command = text === null ? null : commandIn(text);
    return command === null ? null : { tool: 'run_shell_command', command, isItsWay: true };
  },
};

/**
 * What stands in the parentheses. The command can hold anything, what the agent puts around it too: so that ends with the last of its kind. Searched
 * for without going back, since a job can write texts for which that never ends.
 */
function commandIn(text: string): string | null {
  const file = text.indexOf('_bgpids_file=');
  const trap = file < 0 ? -1 : text.indexOf('trap ', file);
  const exit = trap < 0 ? -1 : text.indexOf(' EXIT', trap);
  const begin = exit + ' EXIT'.length;
  const end = text.lastIndexOf('__code=$?');
  if (exit < 0 || end < begin || text.slice(trap, exit).includes('\n')) return null;
  const inside = text.slice(begin, end);
  const body = inside.trimEnd();
  return /^\s/.test(inside) && body.endsWith(')') ? body.slice(0, -1).trim() : null;
}

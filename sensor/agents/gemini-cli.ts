import type { CodingAgent } from './agent.ts';
import { scriptOf } from './agent-program.ts';
import { isCutOff, shellText } from './shell-call.ts';

/** Gemini CLI: a script for Node that starts itself again with more memory. Each command is a `bash -c` that notes what is left in the background. */
export const geminiCli: CodingAgent = {
  name: 'gemini-cli',
  provider: 'gcp.gemini',

  program: { packages: ['@google/gemini-cli'], entry: /^(bundle\/gemini|dist\/index)\.js$/, name: 'gemini' },

  isStartedAgain: (child) =>
    scriptOf(child)?.endsWith('/gemini') === true && child.argv[1]?.startsWith('--max-old-space-size=') === true,

  toolCall(child) {
    const text = shellText(child);
    const command = text === null ? null : commandIn(text, isCutOff(child));
    return command === null ? null : { tool: 'run_shell_command', command, isItsWay: true };
  },
};

/**
 * What stands in the parentheses. The command can hold anything, what the agent puts around it too: so that ends with the last of its kind. Searched
 * for without going back, since a job can write texts for which that never ends. Of a text that is cut off, what is there.
 */
function commandIn(text: string, isCut: boolean): string | null {
  const file = text.indexOf('_bgpids_file=');
  const trap = file < 0 ? -1 : text.indexOf('trap ', file);
  const exit = trap < 0 ? -1 : text.indexOf(' EXIT', trap);
  const begin = exit + ' EXIT'.length;
  if (exit < 0 || text.slice(trap, exit).includes('\n') || !/^\s/.test(text.slice(begin))) return null;
  if (isCut) return text.slice(begin, cutOffEnd(text)).trim();
  const end = text.lastIndexOf('__code=$?');
  const body = text.slice(begin, Math.max(begin, end)).trimEnd();
  return body.endsWith(')') ? body.slice(0, -1).trim() : null;
}

/** Without the part that may be there of what the agent puts behind the command. */
function cutOffEnd(text: string): number {
  const close = text.lastIndexOf('\n)');
  return close >= 0 && behind.startsWith(text.slice(close)) ? close : text.length;
}

const behind = '\n)\n__code=$?\nexit $__code';

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
    const command = text === null ? undefined : wrapped.exec(text)?.[1];
    return command === undefined ? null : { tool: 'run_shell_command', command, isItsWay: true };
  },
};

const wrapped = /_bgpids_file=.*?trap [^\n]* EXIT\s+(.*?)\s*\)\s*__code=\$\?/s;

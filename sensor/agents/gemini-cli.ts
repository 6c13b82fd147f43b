import type { CodingAgent } from './agent.ts';
import { isOfPackage, isProgram } from './program-origin.ts';
import { shellText } from './shell-call.ts';

/** Gemini CLI: a script for Node that starts itself again with more memory. Each command is a `bash -c` that notes what is left in the background. */
export const geminiCli: CodingAgent = {
  name: 'gemini-cli',
  provider: 'gcp.gemini',

  isAgent: (image) => isOfPackage(image, '@google/gemini-cli') || isProgram(image, 'gemini'),

  toolCall(child) {
    const text = shellText(child);
    return text === null ? null : { tool: 'run_shell_command', command: wrapped.exec(text)?.[1] ?? text };
  },
};

const wrapped = /_bgpids_file=.*?trap [^\n]* EXIT\s+(.*?)\s*\)\s*__code=\$\?/s;

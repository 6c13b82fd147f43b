import type { CodingAgent } from './agent.ts';
import { isOfPackage, isProgram } from './program-origin.ts';
import { shellText } from './shell-call.ts';

/** opencode: a program of its own for Linux. Each command is a `bash -c` of just that command. */
export const opencode: CodingAgent = {
  name: 'opencode',
  provider: 'opencode',

  isAgent: (image) =>
    isOfPackage(image, 'opencode') || isOfPackage(image, 'opencode-ai') || isProgram(image, 'opencode'),

  toolCall(child) {
    const text = shellText(child);
    return text === null ? null : { tool: 'bash', command: text };
  },
};

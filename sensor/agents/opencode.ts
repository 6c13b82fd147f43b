import type { CodingAgent } from './agent.ts';
import { shellText } from './shell-call.ts';

/** opencode: a program of its own for Linux. Each command is a `bash -c` of just that command. */
export const opencode: CodingAgent = {
  name: 'opencode',
  provider: 'opencode',

  program: {
    packages: ['opencode-ai', 'opencode'],
    entry: /^bin\/opencode(\.exe)?$/,
    installed: /\/\.opencode\/bin\/opencode$/,
    name: 'opencode',
  },

  toolCall(child) {
    const text = shellText(child);
    return text === null ? null : { tool: 'bash', command: text, isItsWay: false };
  },
};

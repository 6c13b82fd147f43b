import type { CodingAgent } from './agent.ts';
import { shellText } from './shell-call.ts';

/**
 * GitHub Copilot: its command line, and the agent that GitHub runs as a job of its own, a script for the Node that it brings into the runner's
 * temporary folder, behind a firewall that starts it. Told from what is written of it: neither was run here.
 */
export const copilot: CodingAgent = {
  name: 'copilot',
  provider: 'github',

  program: {
    packages: ['@github/copilot'],
    // In the package of the platform; the loader, `npm-loader.js`, starts it.
    entry: /^copilot$/,
    scripts: /\/_temp\/[^/]+\/(?:.*\/)?dist\/index\.js$/,
    interpreter: /\/ghcca-node\//,
    name: 'copilot',
  },

  toolCall(child) {
    const text = shellText(child);
    return text === null ? null : { tool: 'bash', command: text, isItsWay: false };
  },
};

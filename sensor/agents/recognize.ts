import type { ProcessImage } from '../lineage/process-table.ts';
import type { CodingAgent } from './agent.ts';
import { codingAgents } from './agents.ts';

/** The agent that an executed image is, or `null`. */
export function recognize(image: ProcessImage): CodingAgent | null {
  if (!mayBeOne(image)) return null;
  return codingAgents.find((agent) => agent.isAgent(image)) ?? null;
}

/** Asked of every execution, so the first look is a short one. */
function mayBeOne({ path, filename, argv }: ProcessImage): boolean {
  return words.test(path) || words.test(filename) || (interpreters.test(path) && argv.some((word) => words.test(word)));
}

const words = /claude|codex|gemini|opencode/;
const interpreters = /\/(node|nodejs|bun)$/;

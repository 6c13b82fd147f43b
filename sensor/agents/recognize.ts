import type { ProcessImage } from '../lineage/process-table.ts';
import type { CodingAgent } from './agent.ts';
import { bearsNameOf, isProgramOf } from './agent-program.ts';
import { codingAgents } from './agents.ts';

/** What says that a process is an agent: its `program`, the policy's word on such a program, or that it bears the name and behaves as the agent does (`behavior`). */
export type Evidence = 'program' | 'policy' | 'behavior';

export interface Recognized {
  readonly agent: CodingAgent;
  /** `null`: it bears the name, and nothing else is known yet. */
  readonly evidence: Evidence | null;
}

/** The agent that an executed image is, or is called; `null` for all others. `declared`: by the policy. */
export function recognize(image: ProcessImage, declared: readonly CodingAgent[]): Recognized | null {
  const found = mayBeOne(image) ? recognizeKnown(image) : null;
  if (found?.evidence === 'program') return found;
  const agent = declared.find(({ program }) => isProgramOf(image, program));
  return agent === undefined ? found : { agent, evidence: 'policy' };
}

function recognizeKnown(image: ProcessImage): Recognized | null {
  const agent = codingAgents.find(({ program }) => isProgramOf(image, program));
  if (agent !== undefined) return { agent, evidence: 'program' };
  const called = codingAgents.find(({ program }) => bearsNameOf(image, program));
  return called === undefined ? null : { agent: called, evidence: null };
}

/** Asked of every execution, so the first look is a short one. */
function mayBeOne({ path, filename, argv, cwd }: ProcessImage): boolean {
  const isScript = interpreters.test(path);
  return (
    words.test(path) || words.test(filename) || (isScript && (argv.some((word) => words.test(word)) || words.test(cwd)))
  );
}

const words = /claude|codex|gemini|opencode|copilot|ghcca/;
const interpreters = /\/(node|nodejs|bun)$/;

import type { PolicyImageAgent } from '../../crds/policy-image.ts';
import type { CodingAgent } from './agent.ts';
import type { AgentProgram } from './agent-program.ts';
import { codingAgents } from './agents.ts';
import { pathGlobs } from './path-globs.ts';
import { shellText } from './shell-call.ts';

/** By the list of a policy, which stays the same one until another policy is in force. */
const compiled = new WeakMap<readonly PolicyImageAgent[], readonly CodingAgent[]>();

/** The agents that the policy declares, in its order. */
export function declaredAgents(declarations: readonly PolicyImageAgent[]): readonly CodingAgent[] {
  const agents = compiled.get(declarations) ?? declarations.map(declaredAgent);
  compiled.set(declarations, agents);
  return agents;
}

/** One that is known lies elsewhere as well, and works as it does; of others it is only known that shells run their commands. */
function declaredAgent({ name, match }: PolicyImageAgent): CodingAgent {
  const known = codingAgents.find((agent) => agent.name === name);
  return { ...(known ?? { name, provider: null, toolCall }), program: programOf(match) };
}

function programOf({ paths = [], scripts = [], packages = [] }: PolicyImageAgent['match']): AgentProgram {
  return { packages, entry: /^/, installed: pathGlobs(paths), scripts: pathGlobs(scripts) };
}

const toolCall: CodingAgent['toolCall'] = (child) => {
  const text = shellText(child);
  return text === null ? null : { tool: 'shell', command: text, isItsWay: false };
};

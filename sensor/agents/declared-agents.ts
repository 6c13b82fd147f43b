import type { PolicyImageAgent } from '../../crds/policy-image.ts';
import type { CodingAgent } from './agent.ts';
import type { AgentProgram } from './agent-program.ts';
import { codingAgents } from './agents.ts';
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
  return { packages, entry: /^/, installed: anyOf(paths), scripts: anyOf(scripts) };
}

/** One of these paths, in which `*` stands for any characters within a part; none of none. */
function anyOf(patterns: readonly string[]): RegExp {
  const sources = patterns.map((pattern) =>
    pattern
      .split(/\*+/)
      .map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
      .join('[^/]*'),
  );
  return new RegExp(sources.length === 0 ? '$^' : `^(?:${sources.join('|')})$`, 's');
}

const toolCall: CodingAgent['toolCall'] = (child) => {
  const text = shellText(child);
  return text === null ? null : { tool: 'shell', command: text, isItsWay: false };
};

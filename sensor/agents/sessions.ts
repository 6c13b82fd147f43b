import type { ProcessNode } from '../spans/process-node.ts';
import type { CodingAgent, ToolCall } from './agent.ts';
import { AgentWork } from './agent-work.ts';
import { recognize } from './recognize.ts';

/** One run of a coding agent: from its first image to the end of that process. */
export interface AgentSession {
  readonly agent: CodingAgent;
  readonly first: ProcessNode;
  readonly work: AgentWork;
  /** What the agent says of itself, of the form that it should have; `null`: nothing so far. */
  version: string | null;
  conversationId: string | null;
  toolCalls: number;
  /** Tool calls that found no room for a span. */
  untold: number;
  /** Processes that it started, or that those started, and that have not ended. */
  running: number;
}

/** One command of an agent, with everything that descends from it. */
export interface ToolCallRun {
  readonly session: AgentSession;
  readonly tool: string;
  command: string;
  /** The agent's own id of it, and of the sub-agent that asked for it, by the agent's word; `null`: it said none. */
  callId: string | null;
  threadId: string | null;
  /** No image of its process has been given its environment by the agent yet. */
  awaitsWord: boolean;
  readonly root: ProcessNode;
  readonly work: AgentWork;
}

/** Where a process stands with an agent. Inherited by descent; `call` is `null` for the agent itself and what it does of its own. */
export interface AgentPlace {
  readonly session: AgentSession;
  readonly isAgent: boolean;
  readonly call: ToolCallRun | null;
}

/** Where a process that was just executed stands, by where its parent does; `null`: with no agent. Begins tool calls and, if there may be more, sessions. */
export function agentPlaceOf(node: ProcessNode, mayBegin: boolean): AgentPlace | null {
  const above = node.parent?.agent ?? null;
  const place = above?.isAgent === true ? placeBelowAgent(node, above.session) : placeElsewhere(node, above, mayBegin);
  if (place !== null) count(node, place);
  return place;
}

function placeBelowAgent(node: ProcessNode, session: AgentSession): AgentPlace {
  const { image } = node;
  const asked = image.replaced === null ? session.agent.toolCall(image) : null;
  if (asked !== null) return beginCall(node, session, asked);
  // Launchers become the agent or start it, and agents start parts of themselves.
  return { session, call: null, isAgent: session.agent.isAgent(image) };
}

function placeElsewhere(node: ProcessNode, above: AgentPlace | null, mayBegin: boolean): AgentPlace | null {
  if (above?.call != null) refine(above.call, node);
  const agent = mayBegin ? recognize(node.image) : null;
  const isAnother = agent !== null && (above === null || above.call !== null || above.session.agent !== agent);
  return isAnother ? beginSession(node, agent) : above;
}

function beginSession(first: ProcessNode, agent: CodingAgent): AgentPlace {
  const said = { version: null, conversationId: null };
  const session = { agent, first, work: new AgentWork(), ...said, toolCalls: 0, untold: 0, running: 0 };
  return { session, isAgent: true, call: null };
}

function beginCall(root: ProcessNode, session: AgentSession, { tool, command }: ToolCall): AgentPlace {
  session.toolCalls += 1;
  const said = { callId: null, threadId: null, awaitsWord: true };
  return { session, isAgent: false, call: { session, tool, command, root, work: new AgentWork(), ...said } };
}

/** Some agents prepare the process first, and it is a later image of it that shows the command. */
function refine(call: ToolCallRun, { image }: ProcessNode): void {
  const isSame = image.replaced !== null && image.pid === call.root.image.pid;
  if (isSame && call.command === '') call.command = call.session.agent.commandOf?.(image) ?? '';
}

function count(node: ProcessNode, { session, call, isAgent }: AgentPlace): void {
  session.work.processes += 1;
  if (call !== null) call.work.processes += 1;
  if (!isAgent && node.image.replaced === null) session.running += 1;
}

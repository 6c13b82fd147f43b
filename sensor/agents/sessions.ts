import type { TraceParent } from '../spans/ids.ts';
import type { ProcessNode } from '../spans/process-node.ts';
import type { CodingAgent, ToolCall } from './agent.ts';
import { isPartOf } from './agent-program.ts';
import { AgentWork } from './agent-work.ts';
import { McpServer, mayServe } from './mcp-server.ts';
import type { Evidence, Recognized } from './recognize.ts';
import { isCutOff } from './shell-call.ts';
import { contextAbove } from './trace-context.ts';
import type { ToldCall } from './words/word.ts';

/** One run of a coding agent: from the first image that is the agent to the end of that process. */
export interface AgentSession {
  readonly agent: CodingAgent;
  readonly first: ProcessNode;
  /** `null`: its first process bears the agent's name, and until something says more it is no run of it. */
  evidence: Evidence | null;
  /** It is counted and has its place in the trace. */
  isTold: boolean;
  readonly work: AgentWork;
  /** What the agent says of itself, of the form that it should have; `null`: nothing so far. */
  version: string | null;
  conversationId: string | null;
  /** The version that its files show; `null`: none. */
  installed: string | null;
  /** The span outside that the agent was told to stand below: what it has inherited, until its own environment is known. */
  context: TraceParent | null;
  isContextKnown: boolean;
  /** The same, where it is not what it has inherited. */
  link: TraceParent | null;
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
  /** Only its beginning is known. */
  isCut: boolean;
  /** The agent's own id of it, and of the sub-agent that asked for it, by the agent's word; `null`: it said none. */
  callId: string | null;
  threadId: string | null;
  /** No image of its process has been given its environment by the agent yet. */
  awaitsWord: boolean;
  /** The span outside that the agent told its process to stand below, where it is not the agent's. */
  link: TraceParent | null;
  /** What the agent itself tells of it; `null`: nothing yet. */
  told: ToldCall | null;
  readonly root: ProcessNode;
  readonly work: AgentWork;
}

/** Where a process stands with an agent. Inherited by descent. */
export class AgentPlace {
  readonly session: AgentSession;
  /** `null` for the agent itself and what it does of its own. */
  readonly call: ToolCallRun | null;
  /** What may be an MCP server, with everything that descends from it. */
  readonly server: McpServer | null;
  /** It is of the program that the session is of, which may yet turn out to be no agent. */
  readonly isOfProgram: boolean;

  constructor(session: AgentSession, place: Partial<Omit<AgentPlace, 'session'>>) {
    const { call = null, server = null, isOfProgram = false } = place;
    this.session = session;
    this.call = call;
    this.server = server;
    this.isOfProgram = isOfProgram;
  }

  get isAgent(): boolean {
    return this.isOfProgram && this.session.evidence !== null;
  }
}

/** What agent an executed image is; `null`: none, or there may be no more sessions. */
export type Beginning = (image: ProcessNode['image']) => Recognized | null;

/** Where a process that was just executed stands, by where its parent does; `null`: with no agent. Begins tool calls and sessions. */
export function agentPlaceOf(node: ProcessNode, begin: Beginning): AgentPlace | null {
  const above = node.parent?.agent ?? null;
  const place = above?.isOfProgram === true ? placeBelowAgent(node, above, begin) : placeElsewhere(node, above, begin);
  if (place !== null) count(node, place);
  return place;
}

function placeBelowAgent(node: ProcessNode, above: AgentPlace, begin: Beginning): AgentPlace {
  const { image } = node;
  const { session } = above;
  const { agent } = session;
  // A launcher of that name became or started the agent, or one agent started another.
  const found = begin(image);
  if (found !== null && found.evidence !== null && isAnother(found, above)) return beginSession(node, found);
  const asked = image.replaced === null ? agent.toolCall(image) : null;
  if (asked?.isItsWay || agent.isStartedAgain?.(image)) prove(session);
  if (asked !== null && session.evidence !== null) return beginCall(node, session, asked);
  return placeOfOwn(node, session);
}

/** What an agent starts that is no tool call: itself again, a part of itself, a server, or what it wants to know something of. */
function placeOfOwn(node: ProcessNode, session: AgentSession): AgentPlace {
  const { image } = node;
  if (isPartOf(image, session.agent.program)) return new AgentPlace(session, { isOfProgram: true });
  const mayBeServer = image.replaced === null && mayServe(image);
  return new AgentPlace(session, { server: mayBeServer ? new McpServer(node) : null });
}

function placeElsewhere(node: ProcessNode, above: AgentPlace | null, begin: Beginning): AgentPlace | null {
  if (above?.call != null) refine(above.call, node);
  above?.server?.executed(node.image);
  const found = begin(node.image);
  return found !== null && isAnother(found, above) ? beginSession(node, found) : above;
}

/** What an agent starts of its own kind, and not for its model, is a part of it. */
function isAnother({ agent, evidence }: Recognized, above: AgentPlace | null): boolean {
  if (above === null || above.call !== null || above.session.agent.name !== agent.name) return true;
  return above.session.evidence === null && evidence !== null;
}

function beginSession(first: ProcessNode, { agent, evidence }: Recognized): AgentPlace {
  const said = { version: null, conversationId: null, installed: null };
  const trace = { context: contextAbove(first), isContextKnown: false, link: null };
  const counts = { toolCalls: 0, untold: 0, running: 0 };
  const session = { agent, first, evidence, isTold: false, work: new AgentWork(), ...said, ...trace, ...counts };
  return new AgentPlace(session, { isOfProgram: true });
}

/** What bears the name behaves as the agent does, while it still runs. */
function prove(session: AgentSession): void {
  if (session.first.image.end === null) session.evidence ??= 'behavior';
}

function beginCall(root: ProcessNode, session: AgentSession, { tool, command }: ToolCall): AgentPlace {
  session.toolCalls += 1;
  const said = { callId: null, threadId: null, awaitsWord: true, link: null, told: null };
  const isCut = isCutOff(root.image);
  return new AgentPlace(session, { call: { session, tool, command, isCut, root, work: new AgentWork(), ...said } });
}

/** Some agents prepare the process first, and it is a later image of it that shows the command. */
function refine(call: ToolCallRun, { image }: ProcessNode): void {
  const isSame = image.replaced !== null && image.pid === call.root.image.pid;
  if (!isSame || call.command !== '') return;
  call.command = call.session.agent.commandOf?.(image) ?? '';
  call.isCut = isCutOff(image);
}

function count(node: ProcessNode, { session, call, server, isOfProgram }: AgentPlace): void {
  for (const doer of [session, call, server]) if (doer !== null) doer.work.processes += 1;
  if (!isOfProgram && node.image.replaced === null) session.running += 1;
}

import type { PolicyImageAgent } from '../../crds/policy-image.ts';
import type { FileEvent } from '../decode/file-events.ts';
import type { ExecEvent } from '../decode/process-events.ts';
import type { ConnectEvent } from '../decode/socket-events.ts';
import { isOwnResolver } from '../findings/addresses.ts';
import type { Hit } from '../findings/detector.ts';
import { hostOf } from '../findings/host-of.ts';
import type { ProcessImage } from '../lineage/process-table.ts';
import type { Origin } from '../names/resolved-addresses.ts';
import { linksTo } from '../spans/links.ts';
import type { ProcessNode } from '../spans/process-node.ts';
import type { ProcessSpans } from '../spans/process-spans.ts';
import { programFile } from './agent-program.ts';
import { hearWord, type Variables } from './agent-word.ts';
import type { AgentWork } from './agent-work.ts';
import { declaredAgents } from './declared-agents.ts';
import type { McpServer } from './mcp-server.ts';
import { mcpServerSpan } from './mcp-server-span.ts';
import { versionInPath } from './program-version.ts';
import { type Recognized, recognize } from './recognize.ts';
import { sessionSpan } from './session-span.ts';
import { type AgentPlace, type AgentSession, agentPlaceOf, type ToolCallRun } from './sessions.ts';
import { toolCallSpan } from './tool-call-span.ts';
import { hearContext } from './trace-context.ts';
import type { AgentWords, Told } from './words/agent-words.ts';
import { callerOf, hearInto } from './words/heard-spans.ts';
import { impersonation } from './words/impersonation.ts';
import type { SessionWords } from './words/session-words.ts';

/** Is told of a process whose executions, and those of what it starts, should come with the variables that agents give. */
export type AgentSink = (process: Pick<ProcessImage, 'pid' | 'id'>) => void;

/** What is beyond the events themselves. */
export interface AgentEdges {
  readonly onAgent: AgentSink;
  /** Reads the version beside an agent's files, as it begins; `null`: not known. */
  readonly versionOf: (image: ProcessImage) => string | null;
  /** Agents are asked to tell of themselves, so that spans wait for that. */
  readonly areHeard: boolean;
  /** The port of 127.0.0.1 where they are; `null`: at none. What connects to it is not told of. */
  readonly heardAt: () => number | null;
}

/** Sessions that a job tells of; what would begin further ones is a process like any other. */
const maxSessions = 64;

/** The job as its agents need it. */
export interface AgentJob {
  /** From nanoseconds since boot to Unix time. */
  readonly offset: () => bigint;
  readonly found: (hit: Hit, node: ProcessNode, time: bigint) => void;
  /** By the policy in force. */
  readonly declared: () => readonly PolicyImageAgent[];
}

/** The coding agents of one job and their tool calls as spans, each given when its process ends; where agents are heard, when they have had time to tell of it. */
export class AgentSpans {
  readonly #processes: ProcessSpans;
  readonly #edges: AgentEdges;
  readonly #found: AgentJob['found'];
  /** `null` where agents are not heard. */
  readonly #words: AgentWords | null;
  readonly #declared: AgentJob['declared'];
  /** Executions of agents that found no room among the runs. */
  folded = 0;
  #sessions = 0;

  constructor(processes: ProcessSpans, edges: AgentEdges, job: AgentJob) {
    this.#processes = processes;
    this.#edges = edges;
    this.#found = job.found;
    this.#declared = job.declared;
    const giveCall = (call: ToolCallRun) => this.#giveCall(call);
    const giveSession = (session: AgentSession, words: SessionWords) => this.#give(session, words);
    this.#words = edges.areHeard ? hearInto(processes, { ...job, giveCall, giveSession }) : null;
  }

  /** Before anything else is asked of the process. */
  started(node: ProcessNode, { ofAgent, env }: Pick<ExecEvent, 'ofAgent' | 'env'>): void {
    const place = agentPlaceOf(node, (image) => this.#recognize(image));
    node.agent = place;
    if (place === null) return;
    if (place.session.evidence !== null && !place.session.isTold) this.#begin(place.session);
    if (place.call?.root === node) this.#beginCall(place.call);
    if (ofAgent) hear(node, place, env);
    else this.#mark(node);
  }

  connected({ agent }: ProcessNode, event: ConnectEvent, origin: Origin | null): void {
    if (agent === null) return;
    const host = isOwnResolver(event) ? null : hostOf(event, origin);
    for (const { work } of doersOf(agent)) work.connected(host);
  }

  touched({ agent }: ProcessNode, event: FileEvent, isSecret: boolean): void {
    if (agent === null) return;
    for (const { work } of doersOf(agent)) work.touched(event, isSecret);
  }

  /** Somebody told something in a coding agent's way; what is not the agent itself poses as one. */
  told(said: Told, node: ProcessNode, time: bigint): void {
    if (node.agent?.isAgent === true) this.#words?.hear(node.agent.session, said);
    else if (said.words.length > 0) this.#found(impersonation(said.words, node), node, time);
  }

  /** Before the process's own span is given: what stands below it comes first. */
  ending(node: ProcessNode): void {
    const { agent, image } = node;
    if (agent === null) return;
    if (!agent.isOfProgram && image.replaced === null) agent.session.running -= 1;
    if (agent.server?.root === node && agent.server.livedOn && agent.session.isTold) this.#keepServer(node);
    if (agent.session.first !== node || !agent.session.isTold) return;
    if (this.#words?.sessionEnded(agent.session) !== true) this.#give(agent.session, null);
  }

  /** After the process's own span, which stands below that of the tool call or server. */
  ended({ agent, wrapper }: ProcessNode): void {
    if (wrapper === 'tool' && agent?.call != null && this.#words?.callEnded(agent.call) !== true)
      this.#giveCall(agent.call);
    if (wrapper === 'mcp' && agent?.server != null) this.#giveServer(agent.server, agent.session);
  }

  /** Gives what has waited for an agent's word long enough; `now` in nanoseconds since boot. */
  settle(now: bigint): void {
    this.#words?.settle(now);
  }

  /** The job is over: what waits is given. */
  close(): void {
    this.#words?.close();
  }

  /** Words that came too late to be told. */
  get lateWords(): number {
    return this.#words?.late ?? 0;
  }

  #recognize(image: ProcessImage): Recognized | null {
    const found = recognize(image, declaredAgents(this.#declared()));
    if (this.#sessions < maxSessions) return found;
    if (found !== null && found.evidence !== null) this.folded += 1;
    return null;
  }

  #begin(session: AgentSession): void {
    const { image, scope } = session.first;
    session.isTold = true;
    session.installed = versionInPath(programFile(image)) ?? this.#edges.versionOf(image);
    this.#sessions += 1;
    scope.agentSessions += 1;
    scope.agents.add(session.agent.name);
    this.#processes.promiseUnder(session.first);
    this.#words?.sessionBegan(session);
  }

  /** The agent itself, of which the kernel does not know yet, or what it started before the kernel did. */
  #mark({ image, parent }: ProcessNode): void {
    this.#edges.onAgent(image);
    if (parent?.agent != null) this.#edges.onAgent(parent.image);
  }

  #beginCall(call: ToolCallRun): void {
    const { root, session } = call;
    root.scope.toolCalls += 1;
    if (this.#processes.takeToolCall(root)) root.wrapper = 'tool';
    else session.untold += 1;
    this.#words?.callBegan(call);
  }

  /** Only now is it known that it lived on, and its own span is not given yet. */
  #keepServer(node: ProcessNode): void {
    if (this.#processes.takeToolCall(node)) node.wrapper = 'mcp';
  }

  #give(session: AgentSession, words: SessionWords | null): void {
    const { first } = session;
    this.#processes.giveUnder({ scope: first.scope, node: first }, ({ place, ids, offset, redact }) => {
      const links = linksTo(session.link, first.scope, ids);
      return { ...sessionSpan(place('agent', first.image.id, ''), { session, words, offset, redact }), links };
    });
  }

  #giveCall(call: ToolCallRun): void {
    const { session, told } = call;
    const { first } = session;
    this.#processes.giveUnder({ scope: first.scope, node: first }, ({ place, ids, offset, redact }) => {
      const at = { ...place('tool', call.root.image.id, ''), parentSpanId: callerOf(session, told, ids.below) };
      const span = toolCallSpan(at, { call, offset, redact });
      return { ...span, links: [...span.links, ...linksTo(call.link, first.scope, ids)] };
    });
  }

  #giveServer(server: McpServer, session: AgentSession): void {
    const { first } = session;
    this.#processes.giveUnder({ scope: first.scope, node: first }, ({ place, ids, offset, redact }) => {
      const parentSpanId = ids.below('agent', first.image.id);
      return mcpServerSpan(
        { ...place('mcp', server.root.image.id, ''), parentSpanId },
        { server, session, offset, redact },
      );
    });
  }
}

/** Who a deed is told of. */
function doersOf({ session, call, server }: AgentPlace): { readonly work: AgentWork }[] {
  return [session, ...(call === null ? [] : [call]), ...(server === null ? [] : [server])];
}

/** What its environment says, of which nothing is known of other processes. */
function hear(node: ProcessNode, place: AgentPlace, variables: Variables): void {
  hearContext(node, place, variables);
  if (place.call !== null) hearWord(place.call, node, variables);
}

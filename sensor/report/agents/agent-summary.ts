import {
  agentCommand,
  agentLeftRunning,
  agentSource,
  agentToolCalls,
  agentToolCallsTold,
  connectionsCount,
  fileChangesCount,
  fileSecretsCount,
  mcpServer,
  processesCount,
  stepOrdinal,
} from '../../../crds/attributes.ts';
import type { Attributes, FinishedSpan } from '../../spans/finished-span.ts';
import { commandLine } from '../command-line.ts';
import type { Story } from '../story.ts';
import { saidCount } from '../tally.ts';
import { timing } from '../timing.ts';
import { type AgentStory, agentStories, type CallStory, type Deeds } from './agent-stories.ts';
import { countCalls } from './call-count.ts';

/** One run of a coding agent: what it did, in figures and names. Of names at most 100 of a kind are listed; the counts are of all. */
export interface AgentSummary extends DeedsSummary {
  /** Of its span. */
  readonly id: string;
  /** `claude-code`, `codex`, … */
  readonly name: string;
  readonly version?: string;
  /** The agent's own id of the session. */
  readonly conversation?: string;
  readonly job: { readonly name: string };
  readonly step?: { readonly name: string; readonly ordinal?: number };
  readonly start: string;
  readonly durationMs: number;
  /** The signal that ended it, or its exit code where that is not 0. */
  readonly error?: string;
  /** Commands that it ran for its model. */
  readonly toolCalls: number;
  /** Further calls, which the agent alone tells of and which have a span; left out where there are none. */
  readonly toolCallsClaimed?: number;
  /** Calls of any tool that the agent told of itself, whether they were seen or not. */
  readonly toolCallsTold?: number;
  readonly calls: readonly CallSummary[];
  /** MCP servers over stdio that it started. */
  readonly mcpServers: readonly McpServerSummary[];
  readonly processes: number;
  readonly connections: number;
  /** Processes of it that still ran when it ended, and the command lines of those that have a span. */
  readonly leftRunning?: { readonly total: number; readonly commands: readonly string[] };
}

/** One command of an agent. */
export interface CallSummary extends DeedsSummary {
  readonly id: string;
  readonly tool: string;
  /** The model's id of the call. */
  readonly callId?: string;
  /** Who tells of it where the agent was heard: `kernel`, `agent` or `both`; what the agent alone tells was not seen. */
  readonly source?: string;
  readonly command?: string;
  readonly start: string;
  readonly durationMs: number;
  readonly error?: string;
}

export interface McpServerSummary extends DeedsSummary {
  readonly id: string;
  readonly name: string;
  readonly start: string;
  readonly durationMs: number;
}

interface DeedsSummary {
  readonly fileChanges?: { readonly total: number; readonly files: readonly string[] };
  readonly secretsRead?: { readonly total: number; readonly files: readonly string[] };
  readonly hosts: readonly string[];
  /** Ids of `findings[]`. */
  readonly findings: readonly string[];
}

export function summarizeAgents(story: Story): AgentSummary[] {
  return agentStories(story).map((agent) => summarizeAgent(agent, story.job));
}

function summarizeAgent(agent: AgentStory, job: FinishedSpan): AgentSummary {
  const { session, step, calls, servers, deeds } = agent;
  const { attributes } = session;
  const ordinal = step?.span.attributes[stepOrdinal];
  return {
    id: session.spanId,
    name: String(attributes['gen_ai.agent.name'] ?? 'unknown'),
    ...texts({ version: attributes['gen_ai.agent.version'], conversation: attributes['gen_ai.conversation.id'] }),
    job: { name: job.name },
    ...(step === null ? {} : { step: { name: step.span.name, ...(typeof ordinal === 'number' ? { ordinal } : {}) } }),
    ...timing(session),
    ...texts({ error: attributes['error.type'] }),
    toolCalls: saidCount({ attributes }, agentToolCalls),
    ...claimedCalls(agent),
    ...toldCalls(session),
    calls: calls.map(summarizeCall),
    mcpServers: servers.map(summarizeServer),
    processes: saidCount({ attributes }, processesCount),
    connections: saidCount({ attributes }, connectionsCount),
    ...summarizeDeeds(deeds, attributes),
    ...leftRunning(agent),
  };
}

function claimedCalls(agent: AgentStory): Pick<AgentSummary, 'toolCallsClaimed'> {
  const { claimed } = countCalls(agent);
  return claimed === 0 ? {} : { toolCallsClaimed: claimed };
}

function toldCalls(session: FinishedSpan): Pick<AgentSummary, 'toolCallsTold'> {
  const told = saidCount(session, agentToolCallsTold);
  return told === 0 ? {} : { toolCallsTold: told };
}

function summarizeCall({ span, deeds }: CallStory): CallSummary {
  const { attributes } = span;
  return {
    id: span.spanId,
    tool: String(attributes['gen_ai.tool.name']),
    ...texts({
      callId: attributes['gen_ai.tool.call.id'],
      source: attributes[agentSource],
      command: attributes[agentCommand],
    }),
    ...timing(span),
    ...texts({ error: attributes['error.type'] }),
    ...summarizeDeeds(deeds, attributes),
  };
}

function summarizeServer({ span, deeds }: CallStory): McpServerSummary {
  const name = String(span.attributes[mcpServer]);
  return { id: span.spanId, name, ...timing(span), ...summarizeDeeds(deeds, span.attributes) };
}

/** Names that are listed of a kind. */
const mostNames = 100;

function summarizeDeeds({ files, secrets, hosts, findings }: Deeds, attributes: Attributes): DeedsSummary {
  const changes = named(saidCount({ attributes }, fileChangesCount), files);
  const reads = named(saidCount({ attributes }, fileSecretsCount), secrets);
  return {
    ...(changes === null ? {} : { fileChanges: changes }),
    ...(reads === null ? {} : { secretsRead: reads }),
    hosts: hosts.slice(0, mostNames),
    findings: findings.map(({ spanId }) => spanId),
  };
}

function named(total: number, files: readonly string[]): { total: number; files: readonly string[] } | null {
  return total === 0 && files.length === 0
    ? null
    : { total: Math.max(total, files.length), files: files.slice(0, mostNames) };
}

function leftRunning({ session, leftRunning: left }: AgentStory): Pick<AgentSummary, 'leftRunning'> {
  const total = Math.max(saidCount(session, agentLeftRunning), left.length);
  return total === 0 ? {} : { leftRunning: { total, commands: left.slice(0, mostNames).map(commandLine) } };
}

/** Those of the values that are texts. */
function texts<Name extends string>(values: Readonly<Record<Name, unknown>>): { [name in Name]?: string } {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => typeof value === 'string' && value !== ''),
  ) as { [name in Name]?: string };
}

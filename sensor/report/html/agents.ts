import {
  agentCommand,
  agentLeftRunning,
  agentSource,
  agentToolCalls,
  agentToolCallsTold,
  fileChangesCount,
  fileSecretsCount,
  mcpServer,
} from '../../../crds/attributes.ts';
import type { FinishedSpan } from '../../spans/finished-span.ts';
import { type AgentStory, agentStories, type CallStory, type Deeds } from '../agents/agent-stories.ts';
import { commandLine } from '../command-line.ts';
import type { Story } from '../story.ts';
import { saidCount } from '../tally.ts';
import { visible } from '../text.ts';
import type { AgentRow, CallRow, DeedLists, ServerRow } from './model/report-data.ts';
import type { NodeList } from './nodes.ts';

/** The runs of coding agents, and what each of them did. */
export function agentRows(stories: readonly Story[], list: NodeList): AgentRow[] {
  return stories.flatMap(agentStories).map((agent) => agentRow(agent, list));
}

function agentRow({ session, step, calls, servers, deeds, leftRunning }: AgentStory, list: NodeList): AgentRow {
  return {
    node: list.placeOf(session),
    name: visible(commandLine(session).replace(/^agent /, '')),
    step: step === null ? null : list.placeOf(step.span),
    error: errorOf(session),
    toolCalls: saidCount(session, agentToolCalls),
    toldCalls: saidCount(session, agentToolCallsTold),
    calls: calls.map((call) => callRow(call, list)),
    servers: servers.map((server) => serverRow(server, list)),
    deeds: deedLists(session, deeds, list),
    leftRunning: {
      count: Math.max(saidCount(session, agentLeftRunning), leftRunning.length),
      nodes: leftRunning.slice(0, mostNames).map((span) => list.placeOf(span)),
    },
  };
}

function callRow({ span, deeds }: CallStory, list: NodeList): CallRow {
  return {
    node: list.placeOf(span),
    tool: visible(String(span.attributes['gen_ai.tool.name'])),
    isClaim: span.attributes[agentSource] === 'agent',
    command: visible(String(span.attributes[agentCommand] ?? '')),
    error: errorOf(span),
    deeds: deedLists(span, deeds, list),
  };
}

function serverRow({ span, deeds }: CallStory, list: NodeList): ServerRow {
  const name = visible(String(span.attributes[mcpServer]));
  return { node: list.placeOf(span), name, deeds: deedLists(span, deeds, list) };
}

/** Names that the page lists of a kind. */
const mostNames = 200;

function deedLists(span: FinishedSpan, { files, secrets, hosts, findings }: Deeds, list: NodeList): DeedLists {
  return {
    changes: Math.max(saidCount(span, fileChangesCount), files.length),
    files: files.slice(0, mostNames).map(visible),
    hosts: hosts.slice(0, mostNames).map(visible),
    secretsRead: Math.max(saidCount(span, fileSecretsCount), secrets.length),
    secrets: secrets.slice(0, mostNames).map(visible),
    findings: findings.map((finding) => list.placeOf(finding)),
  };
}

/** `SIGKILL`, `exit 2`; empty for success. */
function errorOf({ attributes }: FinishedSpan): string {
  const error = attributes['error.type'];
  if (typeof error !== 'string') return '';
  return visible(/^\d+$/.test(error) ? `exit ${error}` : error);
}

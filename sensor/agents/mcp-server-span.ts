import { agentInferred, mcpServer } from '../../crds/attributes.ts';
import type { FinishedSpan } from '../spans/finished-span.ts';
import type { Placement } from '../spans/process-span.ts';
import type { Redactor } from '../spans/redact.ts';
import { maxName, printable } from '../spans/text.ts';
import type { McpServer } from './mcp-server.ts';
import type { AgentSession } from './sessions.ts';

/**
 * The life of an MCP server over stdio, below the agent's session; its processes stand below it. The semantic conventions have spans for the
 * requests to a server, which no one but agent and server sees, and none for its life: the name is ours.
 */
export function mcpServerSpan(
  at: Placement,
  { server, session, offset, redact }: { server: McpServer; session: AgentSession; offset: bigint; redact: Redactor },
): FinishedSpan {
  const { start, end } = server.root.image;
  const name = printable(redact.text(server.name), maxName) || 'unknown';
  return {
    ...at,
    name: `mcp_server ${name}`,
    kind: 'internal',
    start: start + offset,
    end: (end ?? start) + offset,
    attributes: {
      [mcpServer]: name,
      'gen_ai.agent.name': session.agent.name,
      // Of stdio, also where the streams are sockets.
      'network.transport': 'pipe',
      [agentInferred]: true,
      ...server.work.attributes(redact),
    },
    events: [],
    links: [],
    // Agents end their servers by a signal.
    error: null,
    priority: false,
  };
}

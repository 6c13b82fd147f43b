import * as ours from '../../../crds/attributes.ts';
import type { Row } from './row.ts';

const heard = 'sensor/agents/words/words.test.ts';

/** Runs of coding agents, their commands and their MCP servers. */
export const ofAgents: readonly Row[] = [
  ['gen_ai.operation.name', 'agent tool', 'string', '`invoke_agent` or `execute_tool`'],
  ['gen_ai.provider.name', 'agent', 'string', 'who makes the agent, which need not be who makes its model'],
  [
    'gen_ai.agent.name',
    'agent tool mcp',
    'string',
    '`claude-code`, `codex`, `gemini-cli`, `opencode`, `copilot`, or what the policy calls it',
  ],
  [
    'gen_ai.agent.version',
    'agent',
    'string',
    'by its own word in the environment of its commands, else by where its program lies',
  ],
  [
    'gen_ai.conversation.id',
    'agent',
    'string',
    'what the agent calls the session, by its word there or as it tells; the first one stands',
  ],
  ['gen_ai.tool.call.id', 'tool', 'string', "the agent's id of the call, by its word there or as it tells"],
  [
    ours.agentThread,
    'tool',
    'string',
    'the sub-agent that asked for the command, by the same; none where the agent itself did',
  ],
  ['gen_ai.tool.name', 'tool', 'string', "the agent's own name of the tool"],
  ['gen_ai.tool.type', 'tool', 'string', '`function`: it works on the side of the agent', heard],
  ['gen_ai.agent.id', 'agent', 'string', 'the sub-agent, as the agent calls it', heard],
  ['gen_ai.request.model', 'agent', 'string', 'the model of the last answer, as the agent tells', heard],
  ['gen_ai.usage.input_tokens', 'agent', 'number', 'tokens of all answers, as the agent tells', heard],
  ['gen_ai.usage.output_tokens', 'agent', 'number', 'tokens of all answers, as the agent tells', heard],
  [ours.agentSource, 'agent tool', 'string', 'who tells of the call: the `kernel`, the `agent`, or `both`'],
  [ours.agentToolCallsTold, 'agent', 'number', 'calls of any tool that the agent told of', heard],
  [ours.agentToldCommand, 'tool', 'string', 'the command as the agent tells, where it is another one', heard],
  [ours.agentToldExitCode, 'tool', 'number', 'the exit code as the agent tells, where it is another one', heard],
  [ours.agentInferred, 'agent tool mcp', 'boolean', "told from the agent's processes, not from its own word"],
  [
    ours.agentEvidence,
    'agent',
    'string',
    'what says that it is the agent: its `program`, by its package or where its installer puts it, what the `policy` says of it, or its `behavior`, where it only bears the name',
  ],
  [
    ours.mcpServer,
    'mcp',
    'string',
    "its package, else its script or program; the agent's own name for it is in the agent's settings alone",
  ],
  [ours.agentCommand, 'tool', 'string', 'the command, without what the agent puts around it, secrets removed'],
  [
    ours.agentHosts,
    'agent tool mcp',
    'string[]',
    'names, else addresses, that its processes connected to; without the resolver',
  ],
  [
    ours.agentToolCallsUntold,
    'agent',
    'number',
    'of these, the ones that have no span',
    'sensor/agents/agents.test.ts',
  ],
  [ours.agentLeftRunning, 'agent', 'number', 'processes of it that still ran when it ended'],
];

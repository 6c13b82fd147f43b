import { agentCommand, agentSource } from '../../../crds/attributes.ts';
import { earlier, later } from '../../lineage/time.ts';
import type { FinishedSpan } from '../../spans/finished-span.ts';
import type { Placement } from '../../spans/process-span.ts';
import type { Redactor } from '../../spans/redact.ts';
import { maxName, printable } from '../../spans/text.ts';
import type { AgentSession } from '../sessions.ts';
import type { SubAgent } from './session-words.ts';
import { linksTo, toldAttributes } from './told-attributes.ts';
import type { ToldCall } from './word.ts';

interface View {
  readonly session: AgentSession;
  readonly offset: bigint;
  readonly redact: Redactor;
}

/** A call that was seen as no process: the tool worked within the agent, or did not do what the agent tells. */
export function toldCallSpan(at: Placement, told: ToldCall, { session, offset, redact }: View): FinishedSpan {
  const name = printable(redact.text(told.tool), maxName);
  const command = printable(redact.script(told.command ?? ''));
  const failed = told.succeeded === false;
  return {
    ...at,
    name: `execute_tool ${name}`,
    kind: 'internal',
    ...within(session, told, offset),
    attributes: {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.agent.name': session.agent.name,
      'gen_ai.tool.name': name,
      ...toldAttributes(told, redact),
      [agentSource]: 'agent',
      ...(command === '' ? {} : { [agentCommand]: command }),
      ...(failed ? { 'error.type': 'tool_error' } : {}),
    },
    events: [],
    links: linksTo(told),
    error: failed ? {} : null,
    priority: false,
  };
}

/** What an agent gave to another one within its own process. */
export function subAgentSpan(at: Placement, told: SubAgent, { session, offset, redact }: View): FinishedSpan {
  return {
    ...at,
    name: `invoke_agent ${session.agent.name}`,
    kind: 'internal',
    ...within(session, told, offset),
    attributes: {
      'gen_ai.operation.name': 'invoke_agent',
      ...(session.agent.provider === null ? {} : { 'gen_ai.provider.name': session.agent.provider }),
      'gen_ai.agent.name': session.agent.name,
      'gen_ai.agent.id': printable(redact.text(told.name), maxName),
      [agentSource]: 'agent',
    },
    events: [],
    links: [],
    error: null,
    priority: true,
  };
}

/** The agent's clock is read by the agent: nothing that it tells lies outside of its process's life. */
function within({ first: { image } }: AgentSession, told: { start: bigint; end: bigint }, offset: bigint) {
  const begin = image.start + offset;
  const last = image.end === null ? told.end : image.end + offset;
  const start = earlier(later(told.start, begin), later(begin, last));
  return { start, end: later(start, earlier(told.end, last)) };
}

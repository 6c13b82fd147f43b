import {
  agentEvidence,
  agentInferred,
  agentLeftRunning,
  agentToolCalls,
  agentToolCallsUntold,
} from '../../crds/attributes.ts';
import type { FinishedSpan } from '../spans/finished-span.ts';
import type { Placement } from '../spans/process-span.ts';
import type { Redactor } from '../spans/redact.ts';
import { known } from '../spans/text.ts';
import type { AgentSession } from './sessions.ts';
import { failureOf } from './tool-call-span.ts';

/** An agent's run, below the span of its process (semantic conventions for generative AI). All of it is inferred from processes. */
export function sessionSpan(
  at: Placement,
  { session, offset, redact }: { session: AgentSession; offset: bigint; redact: Redactor },
): FinishedSpan {
  const { agent, first, work, version, installed, conversationId, toolCalls, untold, running } = session;
  const failure = failureOf(first.image);
  return {
    ...at,
    name: `invoke_agent ${agent.name}`,
    kind: 'internal',
    start: first.image.start + offset,
    end: (first.image.end ?? first.image.start) + offset,
    attributes: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.provider.name': agent.provider,
      'gen_ai.agent.name': agent.name,
      ...known({
        'gen_ai.agent.version': version ?? installed,
        'gen_ai.conversation.id': redact.text(conversationId ?? ''),
      }),
      [agentInferred]: true,
      ...(session.evidence === null ? {} : { [agentEvidence]: session.evidence }),
      [agentToolCalls]: toolCalls,
      ...(untold === 0 ? {} : { [agentToolCallsUntold]: untold }),
      ...(running === 0 ? {} : { [agentLeftRunning]: running }),
      ...work.attributes(redact),
      ...(failure === null ? {} : { 'error.type': failure }),
    },
    events: [],
    links: [],
    error: failure === null ? null : {},
    priority: true,
  };
}

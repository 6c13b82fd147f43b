import {
  agentEvidence,
  agentInferred,
  agentLeftRunning,
  agentToolCalls,
  agentToolCallsTold,
  agentToolCallsUntold,
} from '../../crds/attributes.ts';
import type { Attributes, FinishedSpan } from '../spans/finished-span.ts';
import type { Placement } from '../spans/process-span.ts';
import type { Redactor } from '../spans/redact.ts';
import { known, maxName, printable } from '../spans/text.ts';
import type { AgentSession } from './sessions.ts';
import { failureOf } from './tool-call-span.ts';
import type { SessionWords } from './words/session-words.ts';

/** An agent's run, below the span of its process (semantic conventions for generative AI). That it is one is inferred from the process. */
export function sessionSpan(
  at: Placement,
  {
    session,
    words,
    offset,
    redact,
  }: { session: AgentSession; words: SessionWords | null; offset: bigint; redact: Redactor },
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
      ...(agent.provider === null ? {} : { 'gen_ai.provider.name': agent.provider }),
      'gen_ai.agent.name': agent.name,
      ...known({
        'gen_ai.agent.version': version ?? installed,
        'gen_ai.conversation.id': redact.text(conversationId ?? words?.conversation ?? ''),
      }),
      [agentInferred]: true,
      ...(session.evidence === null ? {} : { [agentEvidence]: session.evidence }),
      [agentToolCalls]: toolCalls,
      ...(untold === 0 ? {} : { [agentToolCallsUntold]: untold }),
      ...(running === 0 ? {} : { [agentLeftRunning]: running }),
      ...(words === null ? {} : toldOf(words, redact)),
      ...work.attributes(redact),
      ...(failure === null ? {} : { 'error.type': failure }),
    },
    events: [],
    links: [],
    error: failure === null ? null : {},
    priority: true,
  };
}

/** What only the agent can know of its run; nothing where it told nothing. */
function toldOf({ told, model, input, output }: SessionWords, redact: Redactor): Attributes {
  return known({
    [agentToolCallsTold]: told || null,
    'gen_ai.request.model': printable(redact.text(model ?? ''), maxName),
    'gen_ai.usage.input_tokens': input || null,
    'gen_ai.usage.output_tokens': output || null,
  });
}

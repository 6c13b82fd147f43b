import type { BelowBuilder, ProcessSpans } from '../../spans/process-spans.ts';
import type { AgentSession, ToolCallRun } from '../sessions.ts';
import { AgentWords, type WordSink } from './agent-words.ts';
import type { SessionWords } from './session-words.ts';
import { subAgentSpan, toldCallSpan } from './told-span.ts';
import type { ToldCall } from './word.ts';

export interface HeardOptions extends Pick<WordSink, 'offset' | 'found'> {
  readonly giveCall: (call: ToolCallRun) => void;
  readonly giveSession: (session: AgentSession, words: SessionWords) => void;
}

/** What agents tell of themselves, with the spans of what only they can tell of. */
export function hearInto(processes: ProcessSpans, { giveSession, ...options }: HeardOptions): AgentWords {
  return new AgentWords({
    ...options,
    takeRoom: ({ first }) => processes.takeToolCall(first),
    giveTold: (session, told) => giveTold(processes, session, told),
    giveSession: (session, words) => {
      giveSubAgents(processes, session, words);
      giveSession(session, words);
    },
  });
}

/** The id of the span that a call stands below: the agent's, or that of the sub-agent that called as it tells. */
export function callerOf(
  { first }: AgentSession,
  told: ToldCall | null,
  below: (kind: string, execId: string, key?: string) => string,
): string {
  const subAgent = told?.subAgent ?? null;
  return subAgent === null ? below('agent', first.image.id) : below('sub-agent', first.image.id, subAgent);
}

function giveTold(processes: ProcessSpans, session: AgentSession, told: ToldCall): void {
  if (!processes.takeToolCall(session.first)) {
    session.untold += 1;
    return;
  }
  giveBelow(processes, session, ({ place, ids, offset, redact }) => {
    const parentSpanId = callerOf(session, told, ids.below);
    const key = `${told.id}-${told.span?.spanId ?? told.start}`;
    const at = { ...place('told', session.first.image.id, key), parentSpanId };
    return toldCallSpan(at, told, { session, offset, redact });
  });
}

function giveSubAgents(processes: ProcessSpans, session: AgentSession, { subAgents }: SessionWords): void {
  for (const told of subAgents.values())
    giveBelow(processes, session, ({ place, ids, offset, redact }) => {
      const parentSpanId = ids.below('agent', session.first.image.id);
      const at = { ...place('sub-agent', session.first.image.id, told.name), parentSpanId };
      return subAgentSpan(at, told, { session, offset, redact });
    });
}

function giveBelow(processes: ProcessSpans, { first }: AgentSession, build: BelowBuilder): void {
  processes.giveUnder({ scope: first.scope, node: first }, build);
}

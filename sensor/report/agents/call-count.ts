import { agentSource, agentToolCalls } from '../../../crds/attributes.ts';
import { saidCount } from '../tally.ts';
import { counted, grouped } from '../units.ts';
import type { AgentStory } from './agent-stories.ts';

/** How many tools an agent called. */
export interface CallCount {
  /** Commands that were seen to run. */
  readonly seen: number;
  /** Calls that the agent alone tells of, as far as they have a span: no process shows them. */
  readonly claimed: number;
}

export function countCalls({ session, calls }: Pick<AgentStory, 'session' | 'calls'>): CallCount {
  const claimed = calls.filter(({ span }) => span.attributes[agentSource] === 'agent').length;
  return { seen: saidCount(session, agentToolCalls), claimed };
}

/** `4 tool calls (3 told by the agent alone)` */
export function callWords({ seen, claimed }: CallCount): string {
  const all = counted(seen + claimed, 'tool call');
  return claimed === 0 ? all : `${all} (${grouped(claimed)} told by the agent alone)`;
}

import assert from 'node:assert/strict';
import type { Agent } from '../engines/agents/agent.ts';
import type { Plan } from '../engines/agents/script.ts';
import { below, drawTree, type Span } from './trace-tree.ts';

/** The sessions of an agent among spans. */
export function sessionsOf(spans: Span[], agent: Agent): Span[] {
  return spans.filter(({ name }) => name === `invoke_agent ${agent.traced}`);
}

/** The one session of an agent. */
export function sessionOf(spans: Span[], agent: Agent): Span {
  const [session, ...more] = sessionsOf(spans, agent);
  assert.ok(session !== undefined && more.length === 0, `not one session of ${agent.traced} in\n${drawTree(spans)}`);
  return session;
}

/** The tool calls of a session that ran a command, in the order of time. */
export function callsOf(spans: Span[], session: Span): Span[] {
  return below(spans, session)
    .filter(({ name }) => name.startsWith('execute_tool '))
    .sort((a, b) => Number(a.start - b.start));
}

export function commandOf({ attributes }: Span): string {
  return String(attributes['chaperone.agent.command'] ?? '');
}

/** The commands that a plan asks for, in its order. */
export function plannedCommands(plan: Plan, agent: Agent): string[] {
  const calls = plan.conversations.flatMap(({ turns }) => turns.flat());
  return calls.flatMap((call) => agent.commandIn(call)?.trim() ?? []);
}

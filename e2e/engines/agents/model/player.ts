import { type Conversation, type Plan, type PlannedCall, placeOf } from '../script.ts';
import type { Answer, Asked, ToolCall, ToolResult } from './dialect.ts';

/** What the server does with a request. */
export type Move =
  | { kind: 'answer'; conversation: string; turn: number; answer: Answer }
  /** The script's end is that the connection breaks. */
  | { kind: 'drop'; conversation: string; answer: Answer }
  /** Not part of the script: the agent's own business, such as a title for the session. */
  | { kind: 'aside'; answer: Answer };

/** The next move of the script. A request carries its whole conversation, so the player needs no memory. */
export function nextMove(plan: Plan, asked: Asked): Move {
  const places = asked.calls.flatMap((id) => placeOf(id) ?? []);
  const conversation = conversationOf(plan, asked, places.at(-1)?.conversation);
  if (conversation === undefined)
    return { kind: 'aside', answer: { id: 'aside', text: 'A scripted session', calls: [] } };
  const { name, turns } = conversation;
  const turn = Math.max(-1, ...places.filter((place) => place.conversation === name).map((place) => place.turn)) + 1;
  const id = `answer_${name}_${turn}`;
  const calls = (turns[turn] ?? []).map((call) => toolCall(call, asked.results));
  if (calls.length > 0) return { kind: 'answer', conversation: name, turn, answer: { id, text: 'Next.', calls } };
  const answer = { id, text: `Done: ${name}.`, calls };
  const drops = plan.end === 'dropped' && name === 'main';
  return drops ? { kind: 'drop', conversation: name, answer } : { kind: 'answer', conversation: name, turn, answer };
}

function conversationOf({ conversations }: Plan, asked: Asked, latest: string | undefined): Conversation | undefined {
  if (asked.offered.length === 0) return undefined;
  return (
    conversations.find(({ name }) => name === latest) ??
    conversations.find(({ prompt }) => asked.said.some((text) => text.includes(prompt)))
  );
}

function toolCall({ id, name, namespace, input, after }: PlannedCall, results: ToolResult[]): ToolCall {
  const earlier = after.map((wanted) => results.find((result) => result.id === wanted)?.output ?? '');
  return { id, name, ...(namespace && { namespace }), input: typeof input === 'function' ? input(earlier) : input };
}

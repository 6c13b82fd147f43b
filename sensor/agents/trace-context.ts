import { parseTraceParent, type TraceParent } from '../spans/ids.ts';
import { isSameContext } from '../spans/links.ts';
import type { ProcessNode } from '../spans/process-node.ts';
import { isTheCalls, type Variables } from './agent-word.ts';
import type { AgentPlace } from './sessions.ts';

/** Takes the span that a process was told to stand below, where that is another than it would have inherited. */
export function hearContext(node: ProcessNode, place: AgentPlace, variables: Variables): void {
  const { session } = place;
  const given = parseTraceParent(variables.TRACEPARENT);
  const { parent } = node;
  const before = parent?.agent?.isOfProgram === false ? parent.context : session.context;
  const teller = tellerOf(node, place);
  node.context = given ?? before;
  if (teller === session) Object.assign(session, { context: node.context, isContextKnown: true });
  if (given !== null && !isSameContext(given, before)) teller.link = given;
}

/** Whose span is to be linked: the session's, if it is the first word on what the agent has itself; the command's, if the agent gave it; else the process's own. */
function tellerOf(node: ProcessNode, { session, call, isOfProgram }: AgentPlace): { link: TraceParent | null } {
  if (call !== null) return isTheCalls(node, call) ? call : node;
  const isAgents = isOfProgram || node.parent?.agent?.isOfProgram === true;
  return isAgents && !session.isContextKnown ? session : node;
}

/** What the first process of a session has inherited, as far as it is known: of a process above it, or of the step. */
export function contextAbove({ parent, scope }: ProcessNode): TraceParent | null {
  return parent?.context ?? parseTraceParent(scope.step?.view.first.env.TRACEPARENT);
}

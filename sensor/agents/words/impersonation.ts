import type { Hit } from '../../findings/detector.ts';
import type { ProcessNode } from '../../spans/process-node.ts';
import type { Word } from './word.ts';

/** Words in a coding agent's way of speaking, said by a process that is none. Worst where an agent's own command makes up the agent's account of it. */
export function impersonation(said: readonly Word[], { agent }: ProcessNode): Hit {
  const call = said.find((word) => word.kind === 'call');
  const scripts = call === undefined ? [] : [call.tool, call.command ?? ''];
  const text = call === undefined ? 'answers of a model' : 'a call of {} “{}”';
  const severity = agent?.call == null ? 'Medium' : 'High';
  const name = JSON.stringify([text, ...scripts]);
  return { rule: 'agent-impersonated', severity, subject: { kind: 'process', name, shown: { text, scripts } } };
}

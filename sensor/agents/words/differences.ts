import type { Hit } from '../../findings/detector.ts';
import type { ToolCallRun } from '../sessions.ts';
import { isSameCommand } from './join-calls.ts';
import type { ToldCall } from './word.ts';

/** Where the agent's word and the kernel's are two; empty: nowhere. `offset`: from nanoseconds since boot to Unix time. */
export function differencesOf(call: ToolCallRun, told: ToldCall, offset: bigint): Hit[] {
  return [otherCommand(call, told), otherEnd(call, told, offset)].filter((hit) => hit !== null);
}

/** A command that ran, of an agent that told others and not this one. */
export function unspoken({ command }: ToolCallRun): Hit {
  return differs('Medium', 'ran “{}” and was not told of', command);
}

/** A command that was told as carried out. */
export function unseen({ command, tool }: ToldCall): Hit {
  return differs('Medium', 'was told to have run “{}”, and no process did', command ?? tool);
}

function otherCommand(call: ToolCallRun, told: ToldCall): Hit | null {
  const { command } = call;
  if (told.command === null || command === '' || isSameCommand(call, told.command)) return null;
  return differs('High', 'ran “{}” and was told as “{}”', command, told.command);
}

/** Only of a command that had ended when the agent told of it: a background command is told as begun. */
function otherEnd({ root: { image }, command }: ToolCallRun, told: ToldCall, offset: bigint): Hit | null {
  const { exitCode, end } = image;
  const hadEnded = end !== null && end + offset <= told.end + slack;
  if (told.exitCode === null || exitCode === null || !hadEnded || exitCode === told.exitCode) return null;
  return differs('Medium', `ended with exit code ${exitCode} and was told as ${told.exitCode}: “{}”`, command);
}

/** As in join-calls.ts. */
const slack = 50_000_000n;

function differs(severity: 'Medium' | 'High', text: string, ...scripts: string[]): Hit {
  const name = JSON.stringify([text, ...scripts]);
  return { rule: 'agent-word-differs', severity, subject: { kind: 'process', name, shown: { text, scripts } } };
}

import {
  agentCommand,
  agentInferred,
  agentSource,
  agentThread,
  agentToldCommand,
  agentToldExitCode,
} from '../../crds/attributes.ts';
import type { ProcessImage } from '../lineage/process-table.ts';
import type { Attributes, FinishedSpan } from '../spans/finished-span.ts';
import type { Placement } from '../spans/process-span.ts';
import type { Redactor } from '../spans/redact.ts';
import { signalName } from '../spans/signal.ts';
import { known, maxName, printable } from '../spans/text.ts';
import type { ToolCallRun } from './sessions.ts';
import { isSameCommand } from './words/join-calls.ts';
import { linksTo, toldAttributes } from './words/told-attributes.ts';

/** A command that an agent ran for its model, below the agent's session; the processes that it consists of stand below it. */
export function toolCallSpan(
  at: Placement,
  { call, offset, redact }: { call: ToolCallRun; offset: bigint; redact: Redactor },
): FinishedSpan {
  const { session, tool, command, callId, threadId, told, root, work } = call;
  const { start, end, exitCode } = root.image;
  const failure = failureOf(root.image);
  const shown = printable(redact.script(command));
  const name = told === null ? tool : printable(redact.text(told.tool), maxName);
  return {
    ...at,
    name: `execute_tool ${name}`,
    kind: 'internal',
    start: start + offset,
    end: (end ?? start) + offset,
    attributes: {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.agent.name': session.agent.name,
      'gen_ai.tool.name': name,
      ...(told === null
        ? { [agentInferred]: true, [agentSource]: 'kernel' }
        : { ...toldAttributes(told, redact), ...differing(call, redact), [agentSource]: 'both' }),
      ...known({ 'gen_ai.tool.call.id': redact.text(callId ?? ''), [agentThread]: threadId }),
      ...(shown === '' ? {} : { [agentCommand]: shown }),
      ...(exitCode === null ? {} : { 'process.exit.code': exitCode }),
      ...work.attributes(redact),
      ...(failure === null ? {} : { 'error.type': failure }),
    },
    events: [],
    links: linksTo(told),
    error: failure === null ? null : {},
    priority: false,
  };
}

/** The agent's version, where it is another one. */
function differing(call: ToolCallRun, redact: Redactor): Attributes {
  const { told, root } = call;
  const isOther = told?.command != null && !isSameCommand(call, told.command);
  const ended = told?.exitCode ?? null;
  return {
    ...(isOther ? { [agentToldCommand]: printable(redact.script(told.command)) } : {}),
    ...(ended === null || ended === root.image.exitCode ? {} : { [agentToldExitCode]: ended }),
  };
}

/** The signal or the exit code that is not 0; `null` for success, and while it runs. */
export function failureOf({ signal, exitCode }: ProcessImage): string | null {
  if (signal !== null) return signalName(signal);
  return exitCode === null || exitCode === 0 ? null : String(exitCode);
}

import { agentCommand, agentInferred, agentThread } from '../../crds/attributes.ts';
import type { ProcessImage } from '../lineage/process-table.ts';
import type { FinishedSpan } from '../spans/finished-span.ts';
import type { Placement } from '../spans/process-span.ts';
import type { Redactor } from '../spans/redact.ts';
import { signalName } from '../spans/signal.ts';
import { known, printable } from '../spans/text.ts';
import type { ToolCallRun } from './sessions.ts';

/** A command that an agent ran for its model, below the agent's session; the processes that it consists of stand below it. */
export function toolCallSpan(
  at: Placement,
  { call, offset, redact }: { call: ToolCallRun; offset: bigint; redact: Redactor },
): FinishedSpan {
  const { session, tool, command, callId, threadId, root, work } = call;
  const { start, end, exitCode } = root.image;
  const failure = failureOf(root.image);
  const shown = printable(redact.script(command));
  return {
    ...at,
    name: `execute_tool ${tool}`,
    kind: 'internal',
    start: start + offset,
    end: (end ?? start) + offset,
    attributes: {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.agent.name': session.agent.name,
      'gen_ai.tool.name': tool,
      ...known({ 'gen_ai.tool.call.id': redact.text(callId ?? ''), [agentThread]: threadId }),
      [agentInferred]: true,
      ...(shown === '' ? {} : { [agentCommand]: shown }),
      ...(exitCode === null ? {} : { 'process.exit.code': exitCode }),
      ...work.attributes(redact),
      ...(failure === null ? {} : { 'error.type': failure }),
    },
    events: [],
    links: [],
    error: failure === null ? null : {},
    priority: false,
  };
}

/** The signal or the exit code that is not 0; `null` for success, and while it runs. */
export function failureOf({ signal, exitCode }: ProcessImage): string | null {
  if (signal !== null) return signalName(signal);
  return exitCode === null || exitCode === 0 ? null : String(exitCode);
}

import { findingAgent, findingTool, findingToolCallId, findingToolCommand } from '../../crds/attributes.ts';
import type { FindingToolCall } from '../../crds/finding.ts';
import type { ToolCallRun } from '../agents/sessions.ts';
import type { Attributes, AttributeValue } from '../spans/finished-span.ts';
import type { Redactor } from '../spans/redact.ts';
import { known, maxName, maxText, printable } from '../spans/text.ts';

/** The tool call on a finding's span; nothing where there is none. */
export function toolCallAttributes(call: ToolCallRun | null | undefined, redact: Redactor): Attributes {
  if (call === null || call === undefined) return {};
  return known({
    [findingAgent]: printable(call.session.agent.name, maxName),
    [findingTool]: printable(call.tool, maxName),
    [findingToolCommand]: printable(redact.script(call.command)),
    [findingToolCallId]: redact.text(call.callId ?? ''),
  });
}

/** …and read from it again, live or recorded. */
export function toolCallOf(attributes: Attributes): FindingToolCall | null {
  const agent = textOf(attributes[findingAgent], maxName);
  const tool = textOf(attributes[findingTool], maxName);
  if (agent === '' || tool === '') return null;
  const command = textOf(attributes[findingToolCommand], maxText);
  const callId = textOf(attributes[findingToolCallId], maxName);
  return { agent, tool, ...(command === '' ? {} : { command }), ...(callId === '' ? {} : { callId }) };
}

/** `Bash call of claude-code`; empty: none. */
export function toolCallWords(call: FindingToolCall | null): string {
  return call === null ? '' : `${call.tool} call of ${call.agent}`;
}

/** A recorded span can hold anything. */
function textOf(value: AttributeValue | undefined, most: number): string {
  return typeof value === 'string' ? printable(value, most) : '';
}

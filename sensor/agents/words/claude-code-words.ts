import { type AnswerAttributes, answerOf } from './answer.ts';
import { cut, id, spanOf, yesOrNo } from './bounded.ts';
import type { Dialect, Telling, ToldCall, Word } from './word.ts';

/** Claude Code's spans, of `ENABLE_BETA_TRACING_DETAILED` and of `CLAUDE_CODE_ENHANCED_TELEMETRY_BETA` alike (seen with 2.1). */
export const claudeCodeWords: Dialect = {
  signal: 'traces',

  read(tellings) {
    const succeeded = new Map<string, boolean | null>();
    for (const told of tellings)
      if (told.name === 'claude_code.tool.execution') succeeded.set(callId(told), yesOrNo(told.text('success')));
    return tellings.flatMap((told): Word[] => {
      if (told.name === 'claude_code.tool') return [call(told, succeeded.get(callId(told)) ?? null)];
      return told.name === 'claude_code.llm_request' ? [answerOf(told, answer)] : [];
    });
  },
};

/** The command is told with `OTEL_LOG_TOOL_DETAILS=1`. */
function call(told: Telling, succeeded: boolean | null): ToldCall {
  const tool = id(told.text('tool_name'));
  const command = told.text('full_command');
  return {
    kind: 'call',
    id: callId(told),
    tool,
    isShell: tool === 'Bash',
    command: command === '' ? null : cut(command),
    start: told.start,
    end: told.end,
    succeeded,
    // A command that ends with another code is a failure of the tool; which code it was is not told.
    exitCode: tool === 'Bash' && succeeded ? 0 : null,
    subAgent: id(told.text('agent_id')) || null,
    span: spanOf(told),
  };
}

function callId(told: Telling): string {
  return id(told.text('tool_use_id'));
}

const answer: AnswerAttributes = {
  model: 'gen_ai.request.model',
  conversation: 'session.id',
  input: 'input_tokens',
  output: 'output_tokens',
};

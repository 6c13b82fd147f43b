import { type AnswerAttributes, answerOf } from './answer.ts';
import { beginningIn, cut, fieldOfJson, id, spanOf } from './bounded.ts';
import type { Dialect, Telling, ToldCall, Word } from './word.ts';

/** Gemini CLI's spans. The command is told only with `GEMINI_TELEMETRY_LOG_PROMPTS` (seen with 0.61). */
export const geminiCliWords: Dialect = {
  signal: 'traces',

  read: (tellings) =>
    tellings.flatMap((told): Word[] => {
      if (told.name === 'tool_call') return [call(told)];
      return told.name === 'llm_call' ? [answerOf(told, answer)] : [];
    }),
};

/** That a command ended with another code than 0 is a success to it. */
function call(told: Telling): ToldCall {
  const tool = id(told.text('gen_ai.tool.name'));
  const isShell = tool === 'run_shell_command';
  const status = fieldOfJson(told.text('gen_ai.output.messages'), 'status');
  return {
    kind: 'call',
    id: id(told.text('gen_ai.tool.call_id')),
    tool,
    isShell,
    command: isShell ? commandOf(told) : null,
    start: told.start,
    end: told.end,
    succeeded: status === 'error' || status === 'cancelled' || told.isError ? false : null,
    exitCode: null,
    subAgent: null,
    span: spanOf(told),
  };
}

function commandOf(told: Telling): string | null {
  const input = told.text('gen_ai.input.messages');
  const args = fieldOfJson(input, 'args');
  const isWhole = typeof args === 'object' && args !== null;
  const command = isWhole ? (args as { command?: unknown }).command : beginningIn(input, 'command');
  return typeof command === 'string' ? cut(unwrapped(command)) : null;
}

/** What it runs of a command: of one that is a shell with a text, that text (`stripShellWrapper`, seen with 0.61). */
function unwrapped(command: string): string {
  const [wrapper] = /^\s*(?:\S+\/)?(?:sh|bash|zsh)\s+-c\s+/i.exec(command) ?? [];
  if (wrapper === undefined) return command;
  const text = command.slice(wrapper.length).trim();
  if (/^"(?:[^"\\]|\\.)*"$/s.test(text))
    return text.slice(1, -1).replace(/\\(["$\\])|\$\{(\w+)\}/g, (_, escaped, name) => escaped ?? `$${name}`);
  return /^(["']).*\1$/s.test(text) && text.length > 1 ? text.slice(1, -1) : text;
}

const answer: AnswerAttributes = {
  model: 'gen_ai.request.model',
  conversation: 'gen_ai.conversation.id',
  input: 'gen_ai.usage.input_tokens',
  output: 'gen_ai.usage.output_tokens',
};

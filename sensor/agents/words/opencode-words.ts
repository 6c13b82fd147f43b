import { type AnswerAttributes, answerOf } from './answer.ts';
import { commandIn, fieldOfJson, id, spanOf } from './bounded.ts';
import type { Dialect, Telling, ToldCall, Word } from './word.ts';

/** opencode's spans of the AI SDK; hundreds of its own stand beside them (seen with 1.18). */
export const opencodeWords: Dialect = {
  signal: 'traces',

  read: (tellings) =>
    tellings.flatMap((told): Word[] => {
      if (told.name === 'ai.toolCall') return [call(told)];
      return told.name === 'ai.streamText.doStream' ? [answerOf(told, answer)] : [];
    }),
};

function call(told: Telling): ToldCall {
  const tool = id(told.text('ai.toolCall.name'));
  return {
    kind: 'call',
    id: id(told.text('ai.toolCall.id')),
    tool,
    isShell: tool === 'bash',
    command: tool === 'bash' ? commandIn(told.text('ai.toolCall.args'), 'command') : null,
    start: told.start,
    end: told.end,
    succeeded: !told.isError,
    exitCode: exitCodeIn(told.text('ai.toolCall.result')),
    subAgent: null,
    span: spanOf(told),
  };
}

function exitCodeIn(result: string): number | null {
  const metadata = fieldOfJson(result, 'metadata');
  const exit = typeof metadata === 'object' && metadata !== null ? (metadata as { exit?: unknown }).exit : null;
  return typeof exit === 'number' && Number.isInteger(exit) ? exit : null;
}

const answer: AnswerAttributes = {
  model: 'gen_ai.request.model',
  conversation: 'session.id',
  input: 'gen_ai.usage.input_tokens',
  output: 'gen_ai.usage.output_tokens',
};

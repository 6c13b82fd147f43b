import { later } from '../../lineage/time.ts';
import { type AnswerAttributes, answerOf } from './answer.ts';
import { commandIn, count, id, spanOf, yesOrNo } from './bounded.ts';
import type { Dialect, Telling, ToldCall, Word } from './word.ts';

/** Codex's log records; its spans, some hundreds for each command, say nothing more (seen with 0.169). */
export const codexWords: Dialect = {
  signal: 'logs',

  read: (tellings) =>
    tellings.flatMap((told): Word[] => {
      if (told.name === 'codex.tool_result') return [call(told)];
      return told.name === 'codex.sse_event' && told.text('input_token_count') !== '' ? [answerOf(told, answer)] : [];
    }),
};

/** Patches that come as a command are carried out by Codex itself. */
function call(told: Telling): ToldCall {
  const tool = id(told.text('tool_name'));
  const command = commandIn(told.text('arguments'), 'cmd');
  const agent = id(told.text('agent_name'));
  return {
    kind: 'call',
    id: id(told.text('call_id')),
    tool,
    isShell: tool === 'exec_command' && !/^\s*apply_patch\s/.test(command ?? ''),
    command,
    start: later(0n, told.end - BigInt(count(told.text('duration_ms'))) * 1_000_000n),
    end: told.end,
    succeeded: yesOrNo(told.text('success')),
    exitCode: exitCodeIn(told.text('output')),
    subAgent: agent === '/root' ? null : agent || null,
    span: spanOf(told),
  };
}

/** The model is told it in words, before what the command wrote. */
function exitCodeIn(output: string): number | null {
  const [, code] = /^Process exited with code (\d{1,3})$/m.exec(output.slice(0, 200)) ?? [];
  return code === undefined ? null : Number(code);
}

const answer: AnswerAttributes = {
  model: 'model',
  conversation: 'conversation.id',
  input: 'input_token_count',
  output: 'output_token_count',
};

import { count, id } from './bounded.ts';
import type { Telling, ToldAnswer } from './word.ts';

/** The attributes in which an agent tells of an answer of its model. */
export interface AnswerAttributes {
  readonly model: string;
  readonly conversation: string;
  /** Of tokens. */
  readonly input: string;
  readonly output: string;
}

export function answerOf(told: Telling, { model, conversation, input, output }: AnswerAttributes): ToldAnswer {
  return {
    kind: 'answer',
    end: told.end,
    model: id(told.text(model)) || null,
    conversation: id(told.text(conversation)) || null,
    input: count(told.text(input)),
    output: count(told.text(output)),
  };
}

import type { ServerResponse } from 'node:http';
import type { Input } from '../script.ts';

/** One company's HTTP API, as far as the agents use it. */
export interface Dialect {
  /** Whether a request asks for an answer of the model in this API. */
  asks(method: string, path: string): boolean;
  read(body: unknown): Asked;
  /** Begins a streamed answer; `finish` is left out where the connection is cut in the middle. */
  begin(response: ServerResponse, answer: Answer): void;
  finish(response: ServerResponse, answer: Answer): void;
}

/** What the server takes from a request. */
export interface Asked {
  /** Everything that the user, or an agent in their place, said. */
  said: string[];
  /** Tool calls of the model that are in the history, by id. */
  calls: string[];
  results: ToolResult[];
  /** Names of the tools on offer; a request without any is the agent's own business, such as a title for the session. */
  offered: string[];
}

export interface ToolResult {
  id: string;
  output: string;
}

export interface Answer {
  id: string;
  text: string;
  calls: ToolCall[];
}

export interface ToolCall {
  id: string;
  name: string;
  namespace?: string;
  input: Input;
}

/** One server-sent event. */
export function sendEvent(response: ServerResponse, data: unknown, event?: string): void {
  response.write(`${event ? `event: ${event}\n` : ''}data: ${JSON.stringify(data)}\n\n`);
}

/** Text out of a message's content, which the APIs allow to be a text or a list of parts. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: { text?: string }) => part.text ?? '').join('');
}

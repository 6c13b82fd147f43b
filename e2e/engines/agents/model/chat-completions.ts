import type { ServerResponse } from 'node:http';
import { type Dialect, sendEvent, textOf } from './dialect.ts';

interface Body {
  messages: { role: string; content: unknown; tool_call_id?: string; tool_calls?: { id: string }[] }[];
  tools?: { function: { name: string } }[];
}

/** OpenAI's Chat Completions API, streamed: what most other companies' servers speak. */
export const chatCompletions: Dialect = {
  asks: (method, path) => method === 'POST' && path === '/v1/chat/completions',

  read(body) {
    const { messages, tools = [] } = body as Body;
    return {
      said: messages.filter(({ role }) => role === 'user').map(({ content }) => textOf(content)),
      calls: messages.flatMap(({ tool_calls = [] }) => tool_calls.map(({ id }) => id)),
      results: messages.flatMap(({ tool_call_id: id, content }) => (id ? [{ id, output: textOf(content) }] : [])),
      offered: tools.map((tool) => tool.function.name),
    };
  },

  begin(response, answer) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    sendChoice(response, answer.id, { delta: { role: 'assistant', content: answer.text }, finish_reason: null });
  },

  finish(response, answer) {
    const calls = answer.calls.map(({ id, name, input }, index) => ({
      index,
      id,
      type: 'function',
      function: { name, arguments: JSON.stringify(input) },
    }));
    if (calls.length > 0) sendChoice(response, answer.id, { delta: { tool_calls: calls }, finish_reason: null });
    sendChoice(response, answer.id, { delta: {}, finish_reason: calls.length > 0 ? 'tool_calls' : 'stop' });
    response.end('data: [DONE]\n\n');
  },
};

function sendChoice(response: ServerResponse, id: string, choice: object): void {
  const chunk = { id, object: 'chat.completion.chunk', created: 1, model: 'fake' };
  sendEvent(response, { ...chunk, choices: [{ index: 0, ...choice }] });
}

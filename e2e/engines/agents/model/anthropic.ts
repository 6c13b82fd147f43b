import { type Answer, type Dialect, sendEvent, textOf } from './dialect.ts';

interface Body {
  messages: { role: string; content: string | Block[] }[];
  tools?: { name: string }[];
}

type Block =
  | { type: 'text'; text: string }
  | { type: 'tool_use'; id: string }
  | { type: 'tool_result'; tool_use_id: string; content: unknown };

/** Anthropic's Messages API, streamed. */
export const anthropic: Dialect = {
  asks: (method, path) => method === 'POST' && path === '/v1/messages',

  read(body) {
    const { messages, tools = [] } = body as Body;
    const blocks = (role: string) => messages.filter((message) => message.role === role).flatMap(blocksOf);
    return {
      said: blocks('user').flatMap((block) => (block.type === 'text' ? [block.text] : [])),
      calls: blocks('assistant').flatMap((block) => (block.type === 'tool_use' ? [block.id] : [])),
      results: blocks('user').flatMap((block) =>
        block.type === 'tool_result' ? [{ id: block.tool_use_id, output: textOf(block.content) }] : [],
      ),
      offered: tools.map(({ name }) => name),
    };
  },

  begin(response, answer) {
    const send = (type: string, fields: object) => sendEvent(response, { type, ...fields }, type);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const usage = { input_tokens: 1, output_tokens: 1 };
    const message = { id: answer.id, type: 'message', role: 'assistant', model: 'fake', content: [], usage };
    send('message_start', { message: { ...message, stop_reason: null, stop_sequence: null } });
    send('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
    send('content_block_delta', { index: 0, delta: { type: 'text_delta', text: answer.text } });
  },

  finish(response, answer) {
    const send = (type: string, fields: object) => sendEvent(response, { type, ...fields }, type);
    send('content_block_stop', { index: 0 });
    answer.calls.forEach(({ id, name, input }, number) => {
      const index = number + 1;
      send('content_block_start', { index, content_block: { type: 'tool_use', id, name, input: {} } });
      send('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json: JSON.stringify(input) } });
      send('content_block_stop', { index });
    });
    const reason = stopReason(answer);
    send('message_delta', { delta: { stop_reason: reason, stop_sequence: null }, usage: { output_tokens: 1 } });
    send('message_stop', {});
    response.end();
  },
};

function blocksOf({ content }: Body['messages'][number]): Block[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

function stopReason(answer: Answer): string {
  return answer.calls.length > 0 ? 'tool_use' : 'end_turn';
}

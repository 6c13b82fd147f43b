import { type Dialect, sendEvent, type ToolCall, textOf } from './dialect.ts';

interface Body {
  input: Item[];
  tools?: Tool[];
}

type Item =
  | { type: 'message'; role: string; content: unknown }
  | { type: 'function_call' | 'custom_tool_call'; call_id: string }
  | { type: 'function_call_output' | 'custom_tool_call_output'; call_id: string; output: unknown }
  | { type: 'additional_tools'; tools: Tool[] }
  | { type: 'agent_message'; content: unknown };

type Tool = { type: 'namespace'; name: string; tools: Tool[] } | { type: 'function' | 'custom'; name: string };

/** OpenAI's Responses API, streamed. */
export const responses: Dialect = {
  asks: (method, path) => method === 'POST' && path === '/v1/responses',

  read(body) {
    const { input, tools = [] } = body as Body;
    return {
      said: input.flatMap((item) => (isSaid(item) ? [textOf(item.content), sealedIn(item.content)] : [])),
      calls: input.flatMap((item) =>
        item.type === 'function_call' || item.type === 'custom_tool_call' ? [item.call_id] : [],
      ),
      results: input.flatMap((item) =>
        item.type === 'function_call_output' || item.type === 'custom_tool_call_output'
          ? [{ id: item.call_id, output: textOf(item.output) }]
          : [],
      ),
      // Models that run code to call tools get them as the first item of the input.
      offered: [...tools, ...input.flatMap((item) => (item.type === 'additional_tools' ? item.tools : []))].flatMap(
        namesOf,
      ),
    };
  },

  begin(response, answer) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const send = (type: string, fields: object) => sendEvent(response, { type, ...fields }, type);
    send('response.created', { response: { id: answer.id } });
    const content = [{ type: 'output_text', text: answer.text }];
    const item = { type: 'message', role: 'assistant', id: `msg_${answer.id}`, content };
    send('response.output_item.done', { output_index: 0, item });
  },

  finish(response, answer) {
    const send = (type: string, fields: object) => sendEvent(response, { type, ...fields }, type);
    answer.calls.forEach((call, index) => {
      send('response.output_item.done', { output_index: index + 1, item: itemOf(call) });
    });
    const usage = { input_tokens: 1, input_tokens_details: null, output_tokens: 1, output_tokens_details: null };
    send('response.completed', { response: { id: answer.id, usage: { ...usage, total_tokens: 2 } } });
    response.end();
  },
};

function isSaid(item: Item): item is Extract<Item, { content: unknown }> {
  return (item.type === 'message' && item.role === 'user') || item.type === 'agent_message';
}

/** What one agent tells another is for the company's servers to seal; this one does not, so it comes back as it was said. */
function sealedIn(content: unknown): string {
  const parts = Array.isArray(content) ? (content as { encrypted_content?: string }[]) : [];
  return parts.map((part) => part.encrypted_content ?? '').join('');
}

function namesOf(tool: Tool): string[] {
  return tool.type === 'namespace' ? tool.tools.flatMap(namesOf).map((name) => `${tool.name}.${name}`) : [tool.name];
}

function itemOf({ id, name, namespace, input }: ToolCall): object {
  const fields = { id: `item_${id}`, call_id: id, name, ...(namespace && { namespace }) };
  return typeof input === 'string'
    ? { type: 'custom_tool_call', ...fields, input }
    : { type: 'function_call', ...fields, arguments: JSON.stringify(input) };
}

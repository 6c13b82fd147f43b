import type { ServerResponse } from 'node:http';
import { type Dialect, sendEvent } from './dialect.ts';

interface Body {
  contents: { role: string; parts: Part[] }[];
  tools?: { functionDeclarations?: { name: string }[] }[];
}

interface Part {
  text?: string;
  functionCall?: { id?: string };
  functionResponse?: { id?: string; response: unknown };
}

/** Google's Gemini API, streamed as server-sent events. */
export const gemini: Dialect = {
  asks: (method, path) => method === 'POST' && /^\/v1beta\/models\/[\w.-]+:streamGenerateContent$/.test(path),

  read(body) {
    const { contents, tools = [] } = body as Body;
    const parts = contents.flatMap(({ role, parts }) => parts.map((part) => ({ role, ...part })));
    return {
      said: parts.flatMap(({ role, text }) => (role === 'user' && text ? [text] : [])),
      calls: parts.flatMap(({ functionCall }) => (functionCall?.id ? [functionCall.id] : [])),
      results: parts.flatMap(({ functionResponse: given }) =>
        given?.id ? [{ id: given.id, output: outputOf(given.response) }] : [],
      ),
      offered: tools.flatMap(({ functionDeclarations = [] }) => functionDeclarations.map(({ name }) => name)),
    };
  },

  begin(response, answer) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    sendCandidate(response, { content: { role: 'model', parts: [{ text: answer.text }] } });
  },

  finish(response, answer) {
    const parts = answer.calls.map(({ id, name, input }) => ({ functionCall: { id, name, args: input } }));
    sendCandidate(response, { content: { role: 'model', parts }, finishReason: 'STOP' });
    response.end();
  },
};

function outputOf(response: unknown): string {
  const { output, error } = response as { output?: unknown; error?: unknown };
  const value = output ?? error ?? response;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function sendCandidate(response: ServerResponse, candidate: object): void {
  const usageMetadata = { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 };
  sendEvent(response, { candidates: [{ index: 0, ...candidate }], usageMetadata });
}

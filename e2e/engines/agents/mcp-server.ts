/** A small MCP server over stdio whose one tool starts a process: `count` counts the words of a file with `wc`. */
import { execFileSync } from 'node:child_process';
import { createInterface } from 'node:readline';

interface Request {
  id?: number | string;
  method: string;
  params?: { protocolVersion?: string; arguments?: { path?: string } };
}

const count = {
  name: 'count',
  description: 'Counts the words of a file.',
  inputSchema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
};

for await (const line of createInterface({ input: process.stdin })) answer(JSON.parse(line) as Request);

/** Notifications have no id and get no answer. */
function answer({ id, method, params = {} }: Request): void {
  if (id === undefined) return;
  const result = resultOf(method, params);
  const outcome = result ?? { error: { code: -32601, message: `no method ${method}` } };
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...outcome })}\n`);
}

function resultOf(method: string, { protocolVersion, arguments: input = {} }: NonNullable<Request['params']>) {
  switch (method) {
    case 'initialize':
      return {
        result: { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'words', version: '1.0.0' } },
      };
    case 'tools/list':
      return { result: { tools: [count] } };
    case 'tools/call': {
      const text = execFileSync('wc', ['-w', input.path ?? ''], { encoding: 'utf8' });
      return { result: { content: [{ type: 'text', text }] } };
    }
    case 'ping':
      return { result: {} };
    default:
      return undefined;
  }
}

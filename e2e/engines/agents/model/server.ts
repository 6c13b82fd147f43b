import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Plan } from '../script.ts';
import { anthropic } from './anthropic.ts';
import { chatCompletions } from './chat-completions.ts';
import type { Asked, Dialect } from './dialect.ts';
import { gemini } from './gemini.ts';
import { type Move, nextMove } from './player.ts';
import type { Entry, WithoutTime } from './record.ts';
import { responses } from './responses.ts';

const dialects = [anthropic, responses, chatCompletions, gemini];

type Append = (entry: WithoutTime<Entry>) => void;

/** `requests`: a folder for the bodies of all requests, or undefined. */
export function modelServer(plan: Plan, append: Append, requests?: string) {
  const seen = new Set<string>();
  let count = 0;
  return createServer(async (request, response) => {
    const method = request.method ?? '';
    const path = new URL(request.url ?? '', 'http://model').pathname;
    const body = await bodyOf(request);
    count += 1;
    if (requests) writeFileSync(join(requests, `${String(count).padStart(3, '0')}.json`), body);
    const dialect = dialects.find((one) => one.asks(method, path));
    if (dialect === undefined) return refuse(response, method, path, append);
    const asked = dialect.read(JSON.parse(body));
    append({ kind: 'request', method, path, headers: harmless(request.headers), offered: asked.offered });
    recordResults(asked, seen, append);
    play(nextMove(plan, asked), dialect, response, append);
  });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** An API that is not played here. */
function refuse(response: ServerResponse, method: string, path: string, append: Append): void {
  append({ kind: 'stray', method, path });
  response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":{"message":"not played here"}}');
}

function harmless(headers: IncomingMessage['headers']): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/authorization|key/.test(name)));
}

/** Each request repeats the whole conversation: a result counts once. */
function recordResults(asked: Asked, seen: Set<string>, append: Append): void {
  for (const { id, output } of asked.results) {
    if (!seen.has(id)) append({ kind: 'result', id, output });
    seen.add(id);
  }
}

function play(move: Move, dialect: Dialect, response: ServerResponse, append: Append): void {
  for (const entry of entriesOf(move)) append(entry);
  dialect.begin(response, move.answer);
  if (move.kind === 'drop') response.destroy();
  else dialect.finish(response, move.answer);
}

function entriesOf(move: Move): WithoutTime<Entry>[] {
  if (move.kind === 'aside') return [{ kind: 'aside' }];
  const { conversation } = move;
  if (move.kind === 'drop') return [{ kind: 'drop', conversation }];
  if (move.answer.calls.length === 0) return [{ kind: 'done', conversation }];
  return move.answer.calls.map(({ id, name, namespace, input }) => {
    const tool = namespace ? `${namespace}.${name}` : name;
    return { kind: 'call', conversation, turn: move.turn, id, tool, input };
  });
}

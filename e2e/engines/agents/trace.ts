import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ToldCall } from './agent.ts';

/** A span of `trace.otlp.json`, as far as the tests here read it. */
export interface Span {
  id: string;
  parent: string;
  name: string;
  attributes: Record<string, unknown>;
  /** Spans that it is linked to. */
  links: string[];
}

export function readTrace(out: string): Span[] {
  const lines = readFileSync(join(out, 'trace.otlp.json'), 'utf8').trim().split('\n');
  const requests = lines.map((line) => JSON.parse(line) as Request);
  return requests.flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans.map(toSpan))),
  );
}

/** A command as spans show it, without the blanks around it; `undefined`: there is none. */
export function shown(command: string | undefined): string | undefined {
  const text = command
    ?.trim()
    .slice(0, maxShown + 1)
    .replaceAll('\n', '\\n');
  return text === undefined || text.length <= maxShown ? text : `${text.slice(0, maxShown - 1)}…`;
}

/** UTF-16 units of a text in a trace (`maxText` of sensor/spans/text.ts). */
const maxShown = 512;

/** What one run of an agent in a trace says of its commands. */
export interface TracedRun {
  agents: string[];
  /** The process that each of them is. */
  processes: (string | undefined)[];
  commands: string[];
  /** What the first agent's span says of version and session. */
  version: unknown;
  conversation: unknown;
  /** Each command with the ids that the agent gave it. */
  calls: ToldCall[];
  /** The names of MCP servers. */
  servers: string[];
  /** Spans that any span is linked to. */
  links: string[];
  /** Processes with this word in their arguments, and the command that each stands below; `undefined`: below none. */
  commandsAbove(word: string): (string | undefined)[];
}

export function tracedRun(spans: Span[]): TracedRun {
  const byId = new Map(spans.map((span) => [span.id, span]));
  const commandAbove = (span: Span): string | undefined => {
    for (let at = byId.get(span.parent); at !== undefined; at = byId.get(at.parent))
      if (isCommand(at)) return commandOf(at);
    return undefined;
  };
  const agents = spans.filter(({ name }) => name.startsWith('invoke_agent '));
  const withWord = (word: string) => (span: Span) => list(span.attributes['process.command_args']).includes(word);
  return {
    agents: agents.map(({ name }) => name.split(' ')[1] ?? ''),
    processes: agents.map(({ parent }) => byId.get(parent)?.name),
    version: agents[0]?.attributes['gen_ai.agent.version'],
    conversation: agents[0]?.attributes['gen_ai.conversation.id'],
    commands: spans.filter(isCommand).map(commandOf),
    links: spans.flatMap(({ links }) => links),
    calls: spans.filter(isCommand).map((span) => ({
      command: commandOf(span),
      id: textOf(span, 'gen_ai.tool.call.id'),
      thread: textOf(span, 'chaperone.agent.thread.id'),
    })),
    servers: spans.flatMap(({ attributes }) => attributes['chaperone.agent.mcp.server'] ?? []).map(String),
    commandsAbove: (word) => spans.filter(withWord(word)).map(commandAbove),
  };
}

function isCommand({ name }: Span): boolean {
  return name.startsWith('execute_tool ');
}

function commandOf({ attributes }: Span): string {
  return String(attributes['chaperone.agent.command'] ?? '');
}

function textOf({ attributes }: Span, name: string): string | undefined {
  const value = attributes[name];
  return typeof value === 'string' ? value : undefined;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

interface Request {
  resourceSpans: { scopeSpans: { spans: WrittenSpan[] }[] }[];
}

interface WrittenSpan {
  spanId: string;
  parentSpanId?: string;
  name: string;
  attributes: { key: string; value: Value }[];
  links?: { spanId: string }[];
}

type Value = { stringValue?: string; intValue?: string; boolValue?: boolean; arrayValue?: { values: Value[] } };

function toSpan({ spanId, parentSpanId, name, attributes, links = [] }: WrittenSpan): Span {
  const read = attributes.map(({ key, value }) => [key, plain(value)]);
  const linked = links.map((link) => link.spanId);
  return { id: spanId, parent: parentSpanId ?? '', name, attributes: Object.fromEntries(read), links: linked };
}

function plain({ stringValue, intValue, boolValue, arrayValue }: Value): unknown {
  return arrayValue === undefined ? (stringValue ?? intValue ?? boolValue) : arrayValue.values.map(plain);
}

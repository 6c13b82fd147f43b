import { agentCommand, agentSource, mcpServer, processScript } from '../../crds/attributes.ts';
import type { Attributes, FinishedSpan } from '../spans/finished-span.ts';

const plainWord = /^[\w@%+=:,./~-]+$/;
/** Characters of a command line that anybody can see at once. */
const enough = 400;

/**
 * A process as a person would have typed it: `git fetch origin`, the executable without its folder, a script without the interpreter that the
 * kernel put before it; a name where no arguments were recorded.
 */
export function commandLine({ name, attributes }: FinishedSpan): string {
  const tool = attributes['gen_ai.tool.name'];
  if (typeof tool === 'string') return callLine(tool, attributes);
  const agent = attributes['gen_ai.agent.name'];
  if (typeof attributes[mcpServer] === 'string') return `MCP server ${attributes[mcpServer]}`;
  if (typeof agent === 'string') return agentLine(name, agent, attributes['gen_ai.agent.version']);
  const { 'process.command_args': args, [processScript]: script } = attributes;
  return Array.isArray(args) && args.length > 0 ? joinWords(asTyped(args, script)) || name : name;
}

/** `Bash: npm test`; what only the agent tells of, which no process shows, is `Read (told)`. */
function callLine(tool: string, { [agentCommand]: command, [agentSource]: source }: Attributes): string {
  const line = typeof command === 'string' ? `${tool}: ${command}` : tool;
  return source === 'agent' ? `${line} (told)` : line;
}

/** `agent claude-code 2.1.330` */
function agentLine(name: string, agent: string, version: unknown): string {
  if (name !== `invoke_agent ${agent}`) return name;
  return typeof version === 'string' ? `agent ${agent} ${version}` : `agent ${agent}`;
}

/** The kernel puts the interpreter there, and what its `#!` line gives it, which is at most one word. */
function asTyped(args: readonly string[], script: unknown): readonly string[] {
  const place = typeof script === 'string' ? args.indexOf(script) : -1;
  return place === 1 || place === 2 ? args.slice(place) : args;
}

/** Words as a shell would take them, the first without its folder. */
export function joinWords([program = '', ...rest]: readonly string[]): string {
  let line = program.slice(program.lastIndexOf('/') + 1);
  for (const word of rest) {
    if (line.length > enough) break;
    line += ` ${plainWord.test(word) ? word : `'${word.slice(0, enough).replaceAll("'", "'\\''")}'`}`;
  }
  return line;
}

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Agent, Context, Told } from './agent.ts';
import { commandOf, hook, type Input, type PlannedCall, type Step, type Wanted } from './script.ts';

/**
 * Codex with OpenAI's own models, which call tools by writing code: each of the model's calls is one `exec`, a JavaScript program that calls
 * the tools.
 */
export const codex: Agent = {
  ...codexWith('gpt-6.1-sol'),
  name: 'codex',
  translate: (wanted) => (wanted.tool === 'task' ? subAgentByName(wanted.prompt) : steps(wanted).map(inCode)),
};

/** Codex with a model that it does not know, such as another company's: its tools are plain functions. */
export const codexWithFunctions: Agent = {
  ...codexWith('another-model'),
  name: 'codex-functions',
  translate: (wanted) => (wanted.tool === 'task' ? subAgentById(wanted.prompt) : steps(wanted).map(inFunctions)),
};

function subAgentByName(message: string): Step[] {
  const namespace = 'collaboration';
  return [
    { namespace, name: 'spawn_agent', input: { task_name: 'part', message, fork_turns: 'none' } },
    { namespace, name: 'wait_agent', input: { timeout_ms: 60_000 } },
  ];
}

function subAgentById(message: string): Step[] {
  const namespace = 'multi_agent_v1';
  const target = ([first = '']: string[]) => /"agent_id": ?"([^"]+)"/.exec(first)?.[1];
  return [
    { namespace, name: 'spawn_agent', input: { message } },
    { namespace, name: 'wait_agent', input: (earlier) => ({ targets: [target(earlier)], timeout_ms: 60_000 }) },
  ];
}

function codexWith(
  model: string,
): Pick<Agent, 'traced' | 'package' | 'commandIn' | 'command' | 'environment' | 'told' | 'settings' | 'cannot'> {
  return {
    traced: 'codex',
    package: '@openai/codex',
    commandIn,
    told,
    command: ({ packages, session }) => [
      join(packages, '.bin/codex'),
      'exec',
      '--json',
      '--skip-git-repo-check',
      '--dangerously-bypass-approvals-and-sandbox',
      ...(session.hooks ? ['--dangerously-bypass-hook-trust'] : []),
      session.prompt,
    ],
    environment: () => ({ LOOPBACK_API_KEY: 'not-checked' }),
    settings: (context) => ({
      '.codex/config.toml': config(model, context),
      ...(context.session.hooks && { '.codex/hooks.json': JSON.stringify({ hooks: { PreToolUse: [beforeEach] } }) }),
    }),
    cannot: {},
  };
}

const beforeEach = { matcher: '*', hooks: [{ type: 'command', command: hook }] };

/** Of a program that calls tools, the command in it. Patches are carried out by Codex itself. */
function commandIn({ name, input }: PlannedCall): string | undefined {
  const [, called] = /^text\(await tools\.exec_command\((.*)\)\);$/s.exec(String(input)) ?? [];
  const command = name === 'exec_command' ? commandOf(input, 'cmd') : called && commandOf(JSON.parse(called), 'cmd');
  return command?.startsWith('apply_patch ') ? undefined : command;
}

/** Each thread has a file. That of the session itself has its name. */
function told(home: string): Told {
  const files = globSync('.codex/sessions/**/*.jsonl', { cwd: home }).map((file) =>
    readFileSync(join(home, file), 'utf8'),
  );
  const entries = files.flatMap((text) =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Written),
  );
  const conversation = entries.find(({ type }) => type === 'session_meta')?.payload.session_id ?? '';
  const ended = entries.filter(({ payload: { item } }) => item?.type === 'CommandExecution');
  const calls = ended.map(({ payload: { item, thread_id } }) => ({
    command: item?.command?.at(-1) ?? '',
    id: item?.id,
    thread: thread_id === conversation ? undefined : thread_id,
  }));
  return { conversation, calls };
}

/** A line of such a file. */
interface Written {
  type: string;
  payload: { session_id?: string; thread_id?: string; item?: { type: string; id?: string; command?: string[] } };
}

function config(model: string, { url, session, mcpServer: [command, ...args] }: Context): string {
  // Of a server that is not required it calls no tool before that is ready, which a busy machine can make late.
  const mcp = `[mcp_servers.words]
command = ${JSON.stringify(command)}
args = ${JSON.stringify(args)}
required = true
startup_timeout_sec = 120
`;
  return `model = "${model}"
model_provider = "loopback"
check_for_update_on_startup = false
[analytics]
enabled = false
[feedback]
enabled = false
[model_providers.loopback]
name = "loopback"
base_url = "${url}/v1"
wire_api = "responses"
env_key = "LOOPBACK_API_KEY"
request_max_retries = 0
stream_max_retries = 0
# Else it asks github.com and api.github.com for a list of plugins at every start.
[features]
plugins = false
${session.mcp ? mcp : ''}`;
}

/** It has no tools to read and write files but its shell and patches. */
function steps(wanted: Wanted): Step[] {
  switch (wanted.tool) {
    case 'shell':
      return [command({ cmd: wanted.command, yield_time_ms: 30_000 })];
    case 'long-shell':
      return [command({ cmd: wanted.command, yield_time_ms: 1000 }), typed({ yield_time_ms: 300_000 })];
    case 'background-shell':
      return [command({ cmd: wanted.command, yield_time_ms: 1000 })];
    case 'lasting-shell':
      return [
        command({ cmd: 'bash --norc', tty: true, yield_time_ms: 1000 }),
        ...wanted.lines.map((line) => typed({ chars: `${line}\n`, yield_time_ms: 2000 })),
      ];
    case 'read':
      return [command({ cmd: `cat ${wanted.path}`, yield_time_ms: 30_000 })];
    case 'write':
      return [patch(`*** Add File: ${wanted.path}\n${wanted.content.trimEnd().replace(/^/gm, '+')}`)];
    case 'edit':
      return [patch(`*** Update File: ${wanted.path}\n@@\n-${wanted.from}\n+${wanted.to}`)];
    case 'mcp':
      return [{ name: wanted.name, namespace: 'mcp__words', input: wanted.input }];
    case 'task':
      return [];
  }
}

function command(input: Record<string, unknown>): Step {
  return { name: 'exec_command', input };
}

/** Types into the session that the call's first step left running; without characters it waits for the command's end. */
function typed(input: Record<string, unknown>): Step {
  return { name: 'write_stdin', input: ([first = '']) => ({ session_id: sessionIn(first), ...input }) };
}

function sessionIn(output: string): number {
  return Number(/session[ _]id"?:? ?(\d+)/i.exec(output)?.[1]);
}

function patch(change: string): Step {
  return { name: 'apply_patch', input: `*** Begin Patch\n${change}\n*** End Patch\n` };
}

/** Patches are a command of the shell here, which Codex carries out itself. */
function inFunctions(step: Step): Step {
  return step.name === 'apply_patch'
    ? command({ cmd: `apply_patch <<'EOF'\n${step.input}EOF`, yield_time_ms: 30_000 })
    : step;
}

function inCode({ name, namespace, input }: Step): Step {
  const call = (value: Input) =>
    `text(await tools.${namespace ? `${namespace}__` : ''}${name}(${JSON.stringify(value)}));`;
  return { name: 'exec', input: typeof input === 'function' ? (earlier) => call(input(earlier)) : call(input) };
}

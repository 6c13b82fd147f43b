import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Agent } from './agent.ts';
import { commandOf, hook, type Step, type Wanted } from './script.ts';

/** Claude Code without a person. */
export const claudeCode: Agent = {
  name: 'claude-code',
  traced: 'claude-code',
  package: '@anthropic-ai/claude-code',
  commandIn: ({ name, input }) => (name === 'Bash' ? commandOf(input, 'command') : undefined),

  command({ packages, home, session }) {
    const unattended = ['--output-format', 'stream-json', '--verbose', '--dangerously-skip-permissions'];
    const mcp = session.mcp ? ['--strict-mcp-config', '--mcp-config', join(home, 'mcp.json')] : [];
    return [join(packages, '.bin/claude'), '-p', session.prompt, ...unattended, ...mcp];
  },

  environment: ({ url }) => ({
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_API_KEY: 'not-checked',
    // Without it the agent refuses to skip permissions as root.
    IS_SANDBOX: '1',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    CLAUDE_CODE_MAX_RETRIES: '1',
  }),

  told(home) {
    const [session = ''] = globSync('.claude/projects/*/*.jsonl', { cwd: home });
    return { conversation: basename(session, '.jsonl') };
  },

  settings: ({ session, mcpServer: [command, ...args] }) => ({
    'mcp.json': JSON.stringify({ mcpServers: { words: { command, args } } }),
    ...(session.hooks && { '.claude/settings.json': JSON.stringify({ hooks: { PreToolUse: [beforeEach] } }) }),
  }),

  translate: (wanted, workspace) => [step(wanted, (path) => join(workspace, path))],

  cannot: {
    'lasting-shell': 'every Bash call is a bash of its own; only the folder is carried over, in a file',
  },
};

const beforeEach = { matcher: '*', hooks: [{ type: 'command', command: hook }] };

function step(wanted: Wanted, absolute: (path: string) => string): Step {
  switch (wanted.tool) {
    case 'shell':
      return { name: 'Bash', input: { command: wanted.command, description: 'Run it' } };
    case 'long-shell':
      return { name: 'Bash', input: { command: wanted.command, description: 'Run it', timeout: 300_000 } };
    case 'background-shell':
      return { name: 'Bash', input: { command: wanted.command, description: 'Run it', run_in_background: true } };
    case 'read':
      return { name: 'Read', input: { file_path: absolute(wanted.path) } };
    case 'write':
      return { name: 'Write', input: { file_path: absolute(wanted.path), content: wanted.content } };
    case 'edit': {
      const change = { old_string: wanted.from, new_string: wanted.to };
      return { name: 'Edit', input: { file_path: absolute(wanted.path), ...change } };
    }
    case 'task': {
      const task = { description: 'A part of the work', prompt: wanted.prompt, subagent_type: 'general-purpose' };
      return { name: 'Agent', input: { ...task, run_in_background: false } };
    }
    case 'mcp':
      return { name: `mcp__words__${wanted.name}`, input: wanted.input };
    case 'lasting-shell':
      throw new Error(claudeCode.cannot['lasting-shell']);
  }
}

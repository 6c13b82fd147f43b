import { join } from 'node:path';
import type { Agent } from './agent.ts';
import { commandOf, hook, type Step, type Wanted } from './script.ts';

/** Gemini CLI without a person. */
export const geminiCli: Agent = {
  name: 'gemini-cli',
  traced: 'gemini-cli',
  package: '@google/gemini-cli',
  commandIn: ({ name, input }) => (name === 'run_shell_command' ? commandOf(input, 'command') : undefined),

  command: ({ packages, session }) => [
    join(packages, '.bin/gemini'),
    '--skip-trust',
    '--yolo',
    // A named model needs no router, which would be one more request.
    '--model=gemini-2.5-pro',
    '--output-format=stream-json',
    `--prompt=${session.prompt}`,
  ],

  environment: ({ url }) => ({ GOOGLE_GEMINI_BASE_URL: url, GEMINI_API_KEY: 'not-checked' }),

  settings: ({ session, mcpServer: [command, ...args] }) => ({
    '.gemini/settings.json': JSON.stringify({
      security: { auth: { selectedType: 'gemini-api-key' } },
      privacy: { usageStatisticsEnabled: false },
      telemetry: { enabled: false },
      general: { enableAutoUpdate: false, enableAutoUpdateNotification: false, maxAttempts: 2 },
      ...(session.hooks && { hooks: { BeforeTool: [beforeEach] } }),
      ...(session.mcp && { mcpServers: { words: { command, args } } }),
    }),
  }),

  translate: (wanted, workspace) => [step(wanted, (path) => join(workspace, path))],

  taskEnd: { name: 'complete_task', input: { result: { response: 'Done with the part.' } } },

  cannot: {
    'lasting-shell': 'every run_shell_command is a bash of its own, and none of its tools types into a running one',
  },
};

const beforeEach = { matcher: '*', hooks: [{ name: 'keep', type: 'command', command: hook }] };

function step(wanted: Wanted, absolute: (path: string) => string): Step {
  switch (wanted.tool) {
    case 'shell':
    case 'long-shell':
      return { name: 'run_shell_command', input: { command: wanted.command, description: 'Run it' } };
    case 'background-shell': {
      const run = { command: wanted.command, description: 'Run it' };
      return { name: 'run_shell_command', input: { ...run, is_background: true } };
    }
    case 'read':
      return { name: 'read_file', input: { file_path: absolute(wanted.path) } };
    case 'write':
      return { name: 'write_file', input: { file_path: absolute(wanted.path), content: wanted.content } };
    case 'edit': {
      const change = { instruction: 'Change it', old_string: wanted.from, new_string: wanted.to };
      return { name: 'replace', input: { file_path: absolute(wanted.path), ...change } };
    }
    case 'task':
      return { name: 'invoke_agent', input: { agent_name: 'generalist', prompt: wanted.prompt } };
    case 'mcp':
      return { name: `mcp_words_${wanted.name}`, input: wanted.input };
    case 'lasting-shell':
      throw new Error(geminiCli.cannot['lasting-shell']);
  }
}

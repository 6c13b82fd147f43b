import { join } from 'node:path';
import type { Agent } from './agent.ts';
import { commandOf, type Step, type Wanted } from './script.ts';

/** opencode without a person. */
export const opencode: Agent = {
  name: 'opencode',
  traced: 'opencode',
  package: 'opencode-ai',
  commandIn: ({ name, input }) => (name === 'bash' ? commandOf(input, 'command') : undefined),

  command: ({ packages, session }) => [join(packages, '.bin/opencode'), 'run', '--format', 'json', session.prompt],

  environment: () => ({
    OPENCODE_DISABLE_MODELS_FETCH: '1',
    OPENCODE_DISABLE_AUTOUPDATE: '1',
    OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
    // Else it installs @opencode-ai/plugin from npm into its configuration, in the background of every start.
    npm_config_offline: 'true',
  }),

  settings: ({ url, session, mcpServer }) => ({
    '.config/opencode/opencode.json': JSON.stringify({
      autoupdate: false,
      share: 'disabled',
      permission: { '*': 'allow' },
      model: 'loopback/fake',
      small_model: 'loopback/fake',
      provider: {
        loopback: {
          npm: '@ai-sdk/openai-compatible',
          options: { baseURL: `${url}/v1`, apiKey: 'not-checked' },
          models: { fake: { name: 'fake', tool_call: true } },
        },
      },
      ...(session.mcp && { mcp: { words: { type: 'local', command: mcpServer, enabled: true } } }),
    }),
  }),

  translate: (wanted, workspace) => [step(wanted, (path) => join(workspace, path))],

  cannot: {
    hooks: 'its hooks are plugins, which run within its own process',
    'lasting-shell': 'every bash call is a bash of its own, whatever its description says',
    'background-tool':
      'its bash tool has no way to leave a command running; `&` in the command does it (session background-process)',
  },
};

function step(wanted: Wanted, absolute: (path: string) => string): Step {
  switch (wanted.tool) {
    case 'shell':
      return { name: 'bash', input: { command: wanted.command } };
    case 'long-shell':
      return { name: 'bash', input: { command: wanted.command, timeout: 300_000 } };
    case 'read':
      return { name: 'read', input: { filePath: absolute(wanted.path) } };
    case 'write':
      return { name: 'write', input: { filePath: absolute(wanted.path), content: wanted.content } };
    case 'edit': {
      const change = { oldString: wanted.from, newString: wanted.to };
      return { name: 'edit', input: { filePath: absolute(wanted.path), ...change } };
    }
    case 'task': {
      const task = { description: 'A part of the work', prompt: wanted.prompt };
      return { name: 'task', input: { ...task, subagent_type: 'general' } };
    }
    case 'mcp':
      return { name: `words_${wanted.name}`, input: wanted.input };
    case 'background-shell':
    case 'lasting-shell':
      throw new Error(`opencode has no tool for ${wanted.tool}`);
  }
}

import type { FakeKernel, FakeProcess } from '../../lineage/testing/fake-kernel.ts';

/** The processes of one agent, as `e2e/engines/agents` saw them. */
export interface AgentProcesses {
  readonly name: string;
  readonly tool: string;
  /** Everything up to the agent's own process, which asks git and the shell for what it wants to know. */
  start(kernel: FakeKernel, shell: FakeProcess): FakeProcess;
  /** A tool call's process, with the shell in it that was asked for; `env` is what the agent gives it. */
  call(kernel: FakeKernel, agent: FakeProcess, command: string, env?: Record<string, string>): FakeProcess;
  /** What the agent gives a command of a session by these ids. */
  variables(ids: AgentIds): Record<string, string>;
}

export interface AgentIds {
  readonly session: string;
  readonly call: string;
  readonly thread: string;
}

/** An MCP server over stdio, `words`, with the streams that the agent gives it. */
export function startServer(kernel: FakeKernel, agent: FakeProcess, argv = ['node', '/opt/words.ts']): FakeProcess {
  const path = argv[0] === 'node' ? node : `/usr/bin/${argv[0]}`;
  return kernel.spawn(agent, path, { argv, stdin: { kind: 'unix', file: 7 }, stdout: { kind: 'unix', file: 8 } });
}

const modules = '/opt/lib/node_modules';
const node = '/usr/local/bin/node';

const claudeCode: AgentProcesses = {
  name: 'claude-code',
  tool: 'Bash',
  start(kernel, shell) {
    const path = `${modules}/@anthropic-ai/claude-code/bin/claude.exe`;
    const agent = kernel.spawn(shell, '/usr/local/bin/claude', { path, argv: ['claude', '-p', 'fix the test'] });
    kernel.run(agent, '/bin/bash', {
      argv: ['/bin/bash', '-c', '-l', `SNAPSHOT_FILE=${snapshot}\n echo "# Snapshot file"`],
    });
    kernel.run(agent, '/bin/bash', { argv: ['/bin/bash', '-c', 'env'] });
    return agent;
  },
  call(kernel, agent, command, env = {}) {
    const quoted = command.replaceAll("'", `'"'"'`);
    const text = `source ${snapshot} 2>/dev/null || true && eval '${quoted}' < /dev/null && pwd -P >| /tmp/claude-d8cd-cwd`;
    return kernel.spawn(agent, '/bin/bash', { argv: ['/bin/bash', '-c', text], env });
  },
  variables: ({ session }) => ({ AI_AGENT: 'claude-code_2-1-330_agent', CLAUDE_CODE_SESSION_ID: session }),
};

const snapshot = '/root/.claude/shell-snapshots/snapshot-bash-1795388285861-73s87k.sh';

const codex: AgentProcesses = {
  name: 'codex',
  tool: 'shell',
  start(kernel, shell) {
    const launcher = kernel.spawn(shell, '/usr/local/bin/codex', { path: '/usr/bin/env', traits: { script: true } });
    kernel.exec(launcher, 'node', { path: node, argv: ['node', '/usr/local/bin/codex', 'exec'] });
    kernel.exec(launcher, codexBinary);
    kernel.run(launcher, '/bin/bash', { argv: ['/bin/bash', '-lc', "echo '# Snapshot file'"] });
    kernel.run(launcher, '/bin/bash', {
      argv: ['/bin/bash', '-c', 'set -e; . "/root/.codex/shell_snapshots/01a2.tmp"'],
    });
    kernel.run(launcher, `${codexBinary}-code-mode-host`);
    return launcher;
  },
  call(kernel, agent, command, env = {}) {
    const argv = ['/proc/self/exe', '--codex-run-as-process-setup', '60', '14559', 'pipe', '', '/work', '/bin/bash'];
    const bash = kernel.spawn(agent, '/proc/self/exe', { path: codexBinary, argv });
    kernel.exec(bash, '/bin/bash', { argv: ['/bin/bash', '-c', '__CODEX_SNAPSHOT_OVERRIDE_SET_0=\n exec "$@"'], env });
    kernel.exec(bash, '/bin/bash', { argv: ['/bin/bash', '-c', command], env });
    return bash;
  },
  variables: ({ session, call, thread }) => ({
    CODEX_SESSION_ID: session,
    CODEX_THREAD_ID: thread,
    CODEX_TOOL_CALL_ID: call,
    CODEX_VERSION: '0.169.0',
  }),
};

const codexBinary = `${modules}/@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex`;

const geminiCli: AgentProcesses = {
  name: 'gemini-cli',
  tool: 'run_shell_command',
  start(kernel, shell) {
    const launcher = kernel.spawn(shell, '/usr/local/bin/gemini', { path: '/usr/bin/env', traits: { script: true } });
    kernel.exec(launcher, 'node', { path: node, argv: ['node', '/usr/local/bin/gemini', '--yolo'] });
    return kernel.spawn(launcher, node, {
      argv: [node, '--max-old-space-size=12052', '/usr/local/bin/gemini', '--yolo'],
    });
  },
  call(kernel, agent, command, env = {}) {
    const around = [
      'shopt -u promptvars; _bgpids_file=/tmp/gemini-shell-b/bgpids.tmp\n(\n  trap \'jobs -p > "$_bgpids_file"\' EXIT\n',
      '\n)\n__code=$?\nexit $__code',
    ];
    return kernel.spawn(agent, '/usr/bin/bash', { argv: ['/usr/bin/bash', '-c', around.join(command)], env });
  },
  variables: () => ({}),
};

const opencode: AgentProcesses = {
  name: 'opencode',
  tool: 'bash',
  start: (kernel, shell) =>
    kernel.spawn(shell, '/usr/local/bin/opencode', { path: `${modules}/opencode-ai/bin/opencode.exe` }),
  call: (kernel, agent, command, env = {}) =>
    kernel.spawn(agent, '/usr/bin/bash', { argv: ['/usr/bin/bash', '-c', command], env }),
  variables: () => ({}),
};

export const agentProcesses: readonly AgentProcesses[] = [claudeCode, codex, geminiCli, opencode];

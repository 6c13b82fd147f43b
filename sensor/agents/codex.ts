import type { ProcessImage } from '../lineage/process-table.ts';
import type { CodingAgent } from './agent.ts';
import { identifierOf, uuidOf, versionOf } from './agent-word.ts';
import { shellText } from './shell-call.ts';

/**
 * Codex: a launcher for Node that becomes, or starts, a program for Linux. A command begins as that program again, which prepares the process or
 * its sandbox, becomes a shell that reads a snapshot, and then the shell that was asked for.
 */
export const codex: CodingAgent = {
  name: 'codex',
  provider: 'openai',

  program: {
    packages: ['@openai/codex'],
    // The launcher, `bin/codex.js`, is none; a search program, a sandbox and a host for code lie beside it.
    entry: /^vendor\/[^/]+\/(bin|codex)\/codex$/,
    name: 'codex',
    // Called so, the file prepares a command, holds it in a sandbox, or changes files as the model says.
    others: /^(codex-linux-sandbox|apply_?patch|codex-execve-wrapper|--codex-run-as-.*)$/,
  },

  toolCall(child) {
    if (preparing.some((word) => child.argv[0]?.endsWith(word) || child.argv[1] === word))
      return { tool: 'shell', command: '', isItsWay: true };
    const text = shellText(child);
    return text === null || isSnapshot(text) || isHook(child)
      ? null
      : { tool: 'shell', command: text, isItsWay: false };
  },

  wordIn: ({ CODEX_SESSION_ID, CODEX_THREAD_ID, CODEX_TOOL_CALL_ID, CODEX_VERSION }) => ({
    conversationId: uuidOf(CODEX_SESSION_ID),
    threadId: uuidOf(CODEX_THREAD_ID),
    callId: identifierOf(CODEX_TOOL_CALL_ID),
    version: versionOf(CODEX_VERSION),
  }),

  commandOf(image) {
    const text = shellText(image);
    return text === null || text.startsWith('__CODEX_') ? null : text;
  },
};

const preparing = ['--codex-run-as-process-setup', 'codex-linux-sandbox'];

/** Hooks are told what it is about on standard input, where commands have nothing to read. */
function isHook({ stdin }: ProcessImage): boolean {
  return stdin.kind === 'pipe' || stdin.kind === 'unix';
}

/** The agent writes down the person's shell, and tries what it wrote. */
function isSnapshot(text: string): boolean {
  return text.includes('# Snapshot file') || text.includes('/.codex/shell_snapshots/');
}

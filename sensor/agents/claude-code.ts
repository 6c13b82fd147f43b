import type { CodingAgent } from './agent.ts';
import { uuidOf, versionOf } from './agent-word.ts';
import { isCutOff, shellText } from './shell-call.ts';

/**
 * Claude Code: a program of its own for Linux. Every Bash call is a `bash -c` that reads a snapshot of the person's shell, evaluates the command
 * and writes down the folder that it ends in (seen with 2.1).
 */
export const claudeCode: CodingAgent = {
  name: 'claude-code',
  provider: 'anthropic',

  program: {
    packages: ['@anthropic-ai/claude-code', '@anthropic-ai/claude-agent-sdk'],
    // Older releases and the SDK have a script, `cli.js`.
    entry: /^(bin\/claude\.exe|claude|cli\.js)$/,
    // Each version lies under a name that is the version.
    installed: /\/\.local\/share\/claude\/versions\/\d[\w.-]*$/,
    name: 'claude',
    // Called so, the file is that program, as the agent offers them to its commands.
    others: /^(rg|ugrep|bfs)$/,
  },

  toolCall(child) {
    const word = evaluated(shellText(child) ?? '', isCutOff(child));
    return word === null ? null : { tool: 'Bash', command: unquoted(word), isItsWay: true };
  },

  wordIn: ({ CLAUDE_CODE_SESSION_ID, AI_AGENT = '' }) => ({
    conversationId: uuidOf(CLAUDE_CODE_SESSION_ID),
    version: versionOf(ownMark.exec(AI_AGENT)?.[1]?.replaceAll('-', '.')),
  }),
};

/** `claude-code_2-1-330_agent`. */
const ownMark = /^claude-code_([\d-]+)_agent$/;

/** What the first `eval` after the snapshot is given, up to the last note of the folder: in between the command can hold either. Of a text that is cut off, what is there. */
function evaluated(text: string, isCut: boolean): string | null {
  const snapshot = text.indexOf('/shell-snapshots/snapshot-');
  const before = snapshot < 0 ? -1 : text.indexOf(evaluate, snapshot);
  const begin = before + evaluate.length;
  if (isCut && before >= 0) return quotedParts.exec(text.slice(begin))?.[0] ?? text.slice(begin);
  const end = text.lastIndexOf(' && pwd -P >| ');
  return before < 0 || end < begin ? null : text.slice(begin, end);
}

const evaluate = ' && eval ';
/** Of a word in single quotes, up to its end or to the quote within it that is not there as a whole. */
const quotedParts = /^'[^']*(?:'(?:"'"|\\')'[^']*)*/;

/** The one word that `eval` was given, of single quotes with quotes between them, before what the agent lets it read. */
function unquoted(word: string): string {
  const quoted = word.replace(/ \\?< ?\/dev\/null$/, '');
  if (!quoted.startsWith("'")) return quoted;
  return quoted
    .replaceAll(/'"'"'|'\\''/g, '\0')
    .replaceAll("'", '')
    .replaceAll('\0', "'");
}

import { claudeCodeWords } from './claude-code-words.ts';
import { codexWords } from './codex-words.ts';
import { geminiCliWords } from './gemini-cli-words.ts';
import { opencodeWords } from './opencode-words.ts';
import type { Dialect } from './word.ts';

/** How the agents that are known speak, by their names (`gen_ai.agent.name`). */
export const dialects: ReadonlyMap<string, Dialect> = new Map([
  ['claude-code', claudeCodeWords],
  ['codex', codexWords],
  ['gemini-cli', geminiCliWords],
  ['opencode', opencodeWords],
]);

import type { Agent } from './agent.ts';
import { claudeCode } from './claude-code.ts';
import { codex, codexWithFunctions } from './codex.ts';
import { geminiCli } from './gemini-cli.ts';
import { opencode } from './opencode.ts';

export const agents: Agent[] = [claudeCode, codex, codexWithFunctions, geminiCli, opencode];

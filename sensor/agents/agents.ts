import type { CodingAgent } from './agent.ts';
import { claudeCode } from './claude-code.ts';
import { codex } from './codex.ts';
import { copilot } from './copilot.ts';
import { geminiCli } from './gemini-cli.ts';
import { opencode } from './opencode.ts';

/** The agents that are known by their processes, as `e2e/engines/agents` plays all but the last. */
export const codingAgents: readonly CodingAgent[] = [claudeCode, codex, geminiCli, opencode, copilot];

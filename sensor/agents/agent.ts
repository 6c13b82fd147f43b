import type { ProcessImage } from '../lineage/process-table.ts';
import type { AgentProgram } from './agent-program.ts';
import type { AgentWord, Variables } from './agent-word.ts';

/** How one coding agent's processes look. Told from processes alone, so all of this is told as inferred. */
export interface CodingAgent {
  /** `gen_ai.agent.name`. */
  readonly name: string;
  /** `gen_ai.provider.name` of the semantic conventions, of the company that makes the agent: which model it asks is not known; `null`: nobody knows whose it is. */
  readonly provider: string | null;
  /** What its program is. */
  readonly program: AgentProgram;
  /** Whether a process that bears the name and started this one is the agent, since this is how it starts itself again; default: it is not said by that. */
  isStartedAgain?(child: ProcessImage): boolean;
  /** What a process that the agent started does; `null`: the agent's own business, such as asking git for the branch. */
  toolCall(child: ProcessImage): ToolCall | null;
  /** What it says in the environment of a tool call's process; default: nothing. */
  wordIn?(variables: Variables): AgentWord;
  /** What a tool call's process goes on to execute, where only that is what was asked for; default: `toolCall` of the first image stands. */
  commandOf?(image: ProcessImage): string | null;
}

/** A command that an agent runs for its model. */
export interface ToolCall {
  /** The agent's own name of the tool. */
  readonly tool: string;
  /** What the model asked for, without what the agent puts around it. */
  readonly command: string;
  /** Only this agent runs commands in such a way. */
  readonly isItsWay: boolean;
}

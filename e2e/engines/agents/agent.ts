import type { PlannedCall, Session, Tongue } from './script.ts';

/** A coding agent as it is started in a job that no person watches. */
export interface Agent extends Tongue {
  name: string;
  /** The program and its arguments. */
  command(context: Context): string[];
  /** Beside PATH, HOME and the like: the model's address, a key that nobody checks, and what keeps the agent from asking the network for anything else. */
  environment(context: Context): Record<string, string>;
  /** Files below HOME: content by path. */
  settings(context: Context): Record<string, string>;
  /** What the sensor calls it. */
  traced: string;
  /** The command that a call runs in a shell; `undefined` for every other call. */
  commandIn(call: PlannedCall): string | undefined;
  /** Its npm package, whose version is the agent's. */
  package: string;
  /** What it wrote down of its last session below HOME, as far as it says the same in the environment of its commands; default: nothing. */
  told?(home: string): Told;
  /** Sessions that it has no tool for, and why; by the session's name. */
  cannot: Record<string, string>;
}

export interface Told {
  conversation: string;
  /** Its commands that came to an end; default: it gives them no ids. */
  calls?: ToldCall[];
}

export interface ToldCall {
  command: string;
  id: string | undefined;
  /** Of the sub-agent that asked for it; `undefined`: the agent itself. */
  thread: string | undefined;
}

export interface Context {
  /** `node_modules` of `scripts/agents --path`. */
  packages: string;
  home: string;
  workspace: string;
  /** Of the model server, such as http://127.0.0.1:8080. */
  url: string;
  session: Session;
  /** Command line of the MCP server called `words`. */
  mcpServer: string[];
}

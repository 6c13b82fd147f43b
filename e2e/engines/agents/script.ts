/**
 * A scripted session: what the fake model asks of an agent, by meaning. Each agent's own names and shapes for it are in the agent's file.
 */
export interface Session {
  name: string;
  /** What the agent is asked in its command line; the model server knows a conversation by it. */
  prompt: string;
  /** The workspace before the session: content by path. */
  files: Record<string, string>;
  /** One answer of the model each; after the last one it says that it is done. */
  turns: Turn[];
  /** `dropped`: after the last turn the server cuts the connection in the middle of its answer, and every one after that. */
  end?: 'dropped';
  /** Whether the agent gets the server of `mcp-server.ts`, called `words`. */
  mcp?: true;
  /** Whether the agent is to run {@link hook} before each call of a tool. */
  hooks?: true;
}

/** Keeps in the workspace what the agent tells it. */
export const hook = 'cat >>hooked';

export interface Turn {
  /** Several are asked for in one answer: parallel tool calls. */
  calls: Call[];
}

export type Call = Wanted & {
  /** What the tool's result, as the agent gives it back, must contain. */
  says?: string;
};

export type Wanted =
  | { tool: 'shell'; command: string }
  /** A command longer than what an agent waits for of itself, where it has such a limit. */
  | { tool: 'long-shell'; command: string }
  /** A command that the agent's tool itself puts into the background. */
  | { tool: 'background-shell'; command: string }
  /** A shell that stays, and lines typed into it one call each. */
  | { tool: 'lasting-shell'; lines: string[] }
  | { tool: 'read'; path: string }
  | { tool: 'write'; path: string; content: string }
  | { tool: 'edit'; path: string; from: string; to: string }
  | { tool: 'task'; prompt: string; turns: Turn[] }
  | { tool: 'mcp'; name: string; input: Record<string, unknown> };

/** One tool call of an agent, in the agent's own terms. */
export interface Step {
  name: string;
  /** OpenAI groups some tools. */
  namespace?: string;
  /** An object for a function, text for a free-form tool; may depend on the results of the same call's earlier steps. */
  input: Input | ((earlier: string[]) => Input);
}

export type Input = Record<string, unknown> | string;

/** The text of one field of a call's input. */
export function commandOf(input: Step['input'], field: string): string | undefined {
  const value = typeof input === 'object' ? input[field] : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** How an agent does what is wanted: its steps, one after the other. */
export interface Tongue {
  translate(wanted: Wanted, workspace: string): Step[];
  /** The call with which a sub-agent ends, where saying so is not enough; nothing comes back for it. */
  taskEnd?: Step;
}

/** A session in an agent's own terms: the ground truth of what it will be asked to do. */
export interface Plan {
  conversations: Conversation[];
  end?: 'dropped';
}

export interface Conversation {
  name: string;
  prompt: string;
  /** Tool calls by turn of the model. */
  turns: PlannedCall[][];
}

export interface PlannedCall extends Step {
  id: string;
  /** Ids of the same wanted call's earlier steps. */
  after: string[];
  says?: string;
  /** Nothing is given back for it. */
  last?: true;
}

/** Ids say where a call belongs, so that the server can read from a request how far a conversation has come. */
export function planSession(session: Session, { translate, taskEnd }: Tongue, workspace: string): Plan {
  const conversations: Conversation[] = [];
  const plan = (name: string, prompt: string, turns: Turn[]) => {
    const conversation: Conversation = { name, prompt, turns: [] };
    conversations.push(conversation);
    for (const { calls } of turns) planTurn(conversation, calls, (wanted) => translate(wanted, workspace));
    const tasks = turns.flatMap(({ calls }) => calls).filter((call) => call.tool === 'task');
    tasks.forEach((task, index) => {
      plan(`${name}-task${index}`, task.prompt, task.turns);
    });
    if (name === 'main' || taskEnd === undefined) return;
    conversation.turns.push([{ ...taskEnd, id: `call_${name}_${conversation.turns.length}_0`, after: [], last: true }]);
  };
  plan('main', session.prompt, session.turns);
  return { conversations, ...(session.end && { end: session.end }) };
}

/** The n-th steps of all calls are asked for together. */
function planTurn({ name, turns }: Conversation, calls: Call[], stepsOf: (wanted: Wanted) => Step[]): void {
  const first = turns.length;
  const rows = calls.map((call, index) =>
    planSteps(call.says, stepsOf(call), (number) => `call_${name}_${first + number}_${index}`),
  );
  const depth = Math.max(...rows.map((row) => row.length));
  for (let number = 0; number < depth; number += 1) turns.push(rows.flatMap((row) => row[number] ?? []));
}

function planSteps(says: string | undefined, steps: Step[], idOf: (number: number) => string): PlannedCall[] {
  return steps.map((step, number) => ({
    ...step,
    id: idOf(number),
    after: steps.slice(0, number).map((_, earlier) => idOf(earlier)),
    ...(says !== undefined && number === steps.length - 1 && { says }),
  }));
}

/** The conversation's name and the turn out of a call's id; undefined for an id that is not ours. */
export function placeOf(id: string): { conversation: string; turn: number } | undefined {
  const [, conversation, turn] = /^call_([\w-]+)_(\d+)_\d+$/.exec(id) ?? [];
  return conversation === undefined ? undefined : { conversation, turn: Number(turn) };
}

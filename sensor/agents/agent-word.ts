import type { ProcessNode } from '../spans/process-node.ts';
import { isPartOf } from './agent-program.ts';
import type { ToolCallRun } from './sessions.ts';

/** Allow-listed variables of a process, as the kernel picked them: the job's to choose, so of any content, 512 bytes at most. */
export type Variables = Readonly<Record<string, string>>;

/**
 * What an agent says in the environment of a command that it runs, as far as it has the form that it should have. These are claims: they label,
 * and decide nothing.
 */
export interface AgentWord {
  readonly version?: string | null;
  /** Of the session as the agent itself counts it. */
  readonly conversationId?: string | null;
  /** Of the one command. */
  readonly callId?: string | null;
  /** Of the agent's own part that asked for the command; a sub-agent has one of its own. */
  readonly threadId?: string | null;
}

/**
 * Takes what an agent gave the process of a command: its first image or, where the agent's own program prepares the process, the one after that.
 * Later images and other processes could have been given anything. The first word on a session stands, and a command that speaks of another
 * session is believed in nothing.
 */
export function hearWord(call: ToolCallRun, node: ProcessNode, variables: Variables): void {
  if (!isTheCalls(node, call)) return;
  const { session } = call;
  call.awaitsWord = isPartOf(node.image, session.agent.program);
  const { conversationId = null, ...word } = session.agent.wordIn?.(variables) ?? {};
  session.conversationId ??= conversationId;
  if (conversationId !== session.conversationId) return;
  session.version ??= word.version ?? null;
  call.callId ??= word.callId ?? null;
  call.threadId ??= word.threadId === conversationId ? null : (word.threadId ?? null);
}

/** Whether the agent itself gave this image of the command's process its environment. */
export function isTheCalls({ image }: ProcessNode, { awaitsWord, root }: ToolCallRun): boolean {
  return awaitsWord && image.pid === root.image.pid;
}

/** Of RFC 9562, any version; else `null`. */
export function uuidOf(text: string | undefined): string | null {
  return matching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i, text);
}

/** An id of a form that nobody has written down: letters, digits and `.:_-`, at most 128 of them; else `null`. */
export function identifierOf(text: string | undefined): string | null {
  return matching(/^[\w.:-]{1,128}$/, text);
}

/** `2.1.330`, with what semantic versioning lets follow, at most 64 characters; else `null`. */
export function versionOf(text: string | undefined): string | null {
  return matching(/^(?=.{1,64}$)\d{1,8}(\.\d{1,8}){1,3}([-+][\w.+-]+)?$/, text);
}

function matching(form: RegExp, text: string | undefined): string | null {
  return text !== undefined && form.test(text) ? text : null;
}

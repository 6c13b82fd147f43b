import { agentHosts, agentToolCalls, fileChange, fileRead } from '../../../crds/attributes.ts';
import { classOf } from '../../export/span-class.ts';
import type { Attributes, FinishedSpan } from '../../spans/finished-span.ts';
import { changedFile } from '../changed-file.ts';
import { reachesHost } from '../reached.ts';
import type { ProcessStory, StepStory, Story } from '../story.ts';

/** One run of a coding agent, with what its processes did, as the spans tell it. */
export interface AgentStory {
  /** The span of the run. */
  readonly session: FinishedSpan;
  /** `null`: it is of no step. */
  readonly step: StepStory | null;
  /** The commands that it ran for its model, the earliest first. */
  readonly calls: readonly CallStory[];
  /** The MCP servers that it started, the earliest first. */
  readonly servers: readonly CallStory[];
  readonly deeds: Deeds;
  /** Processes of it that ended after it did. */
  readonly leftRunning: readonly FinishedSpan[];
}

/** A command of an agent, or a server that it started. */
export interface CallStory {
  readonly span: FinishedSpan;
  readonly deeds: Deeds;
}

/** Names that spans tell; how many there were in all, their counts say. */
export interface Deeds {
  /** Files that it changed. */
  readonly files: readonly string[];
  /** Files that give secrets away and that it opened for reading. */
  readonly secrets: readonly string[];
  /** Names, else addresses, that it connected to. */
  readonly hosts: readonly string[];
  readonly findings: readonly FinishedSpan[];
}

/** The runs of coding agents in a job, the earliest first; one that another agent called in a command is a run of its own. */
export function agentStories({ steps, outside }: Story): AgentStory[] {
  const found = [...inBelow(outside.processes, null, null), ...steps.flatMap(inStep)];
  return found.sort(({ session: one }, { session: other }) => byStart(one, other));
}

function inStep(step: StepStory): AgentStory[] {
  return [...inBelow(step.processes, null, step), ...step.steps.flatMap(inStep)];
}

/** The span of a run stands below that of the agent's process, beside what the agent did of its own; where processes have no spans, below the step. */
function inBelow(processes: readonly ProcessStory[], above: ProcessStory | null, step: StepStory | null): AgentStory[] {
  return processes.flatMap((process) => {
    const own = isSession(process) ? [agentStory(process, above ?? process, step)] : [];
    return [...own, ...inBelow(process.processes, process, step)];
  });
}

/** What agents tell of themselves has no such count. */
function isSession({ span }: ProcessStory): boolean {
  return classOf(span) === 'agent' && typeof span.attributes[agentToolCalls] === 'number';
}

function agentStory({ span: session }: ProcessStory, top: ProcessStory, step: StepStory | null): AgentStory {
  const gathered = new Gathering(session);
  gathered.add(top, null);
  return { session, step, ...gathered.told(String(top.span.attributes['process.working_directory'] ?? '')) };
}

/** Walks what is of one run, and of no other run that began within it. */
class Gathering {
  readonly #session: FinishedSpan;
  readonly #deeds: Found;
  readonly #parts: { readonly span: FinishedSpan; readonly found: Found }[] = [];
  readonly #leftRunning: FinishedSpan[] = [];

  constructor(session: FinishedSpan) {
    this.#session = session;
    this.#deeds = foundBy(session);
  }

  told(workspace: string): Omit<AgentStory, 'session' | 'step'> {
    const parts = this.#parts
      .map(({ span, found }) => ({ span, deeds: deedsOf(found, workspace) }))
      .sort((one, other) => byStart(one.span, other.span));
    return {
      calls: parts.filter(({ span }) => classOf(span) === 'tool'),
      servers: parts.filter(({ span }) => classOf(span) === 'mcp'),
      deeds: deedsOf(this.#deeds, workspace),
      leftRunning: this.#leftRunning,
    };
  }

  add(process: ProcessStory, above: Found | null): void {
    const { span } = process;
    const part = ['tool', 'mcp'].includes(classOf(span)) ? this.#beginPart(span) : above;
    for (const found of part === null ? [this.#deeds] : [this.#deeds, part]) note(found, process);
    for (const inner of process.processes) {
      if (inner.processes.some((one) => isSession(one))) continue;
      if (inner.span.end > this.#session.end && isLastImage(inner)) this.#leftRunning.push(inner.span);
      this.add(inner, part);
    }
  }

  #beginPart(span: FinishedSpan): Found {
    const found = foundBy(span);
    this.#parts.push({ span, found });
    return found;
  }
}

/** A process has a span for each program that it executed, each below the one before. */
function isLastImage({ span, processes }: ProcessStory): boolean {
  const pid = span.attributes['process.pid'];
  return classOf(span) === 'process' && !processes.some((inner) => inner.span.attributes['process.pid'] === pid);
}

interface Found {
  readonly files: Set<string>;
  readonly secrets: Set<string>;
  readonly hosts: Set<string>;
  readonly findings: FinishedSpan[];
}

/** What the span itself names, to which comes what those below it name. */
function foundBy({ attributes }: FinishedSpan): Found {
  const hosts = attributes[agentHosts];
  const named = Array.isArray(hosts) ? hosts.map(String) : [];
  return { files: new Set(), secrets: new Set(), hosts: new Set(named), findings: [] };
}

function note({ files, secrets, hosts, findings }: Found, process: ProcessStory): void {
  findings.push(...process.findings);
  for (const connection of process.connections.filter(reachesHost)) {
    const host = connection.attributes['server.address'];
    if (typeof host === 'string') hosts.add(host);
  }
  for (const { name, attributes } of process.span.events) {
    if (name === fileRead) secrets.add(String(attributes['file.path'] ?? ''));
    else if (name === fileChange) changedBy(attributes).forEach(files.add, files);
  }
}

function changedBy(attributes: Attributes): string[] {
  const { path, target } = changedFile(attributes);
  return target === null ? [path] : [path, target];
}

/** Files of the folder that the agent was started in come first: what it keeps of its own lies elsewhere. */
function deedsOf({ files, secrets, hosts, findings }: Found, workspace: string): Deeds {
  const isInside = (path: string) => workspace !== '' && path.startsWith(`${workspace}/`);
  const inOrder = [...files].sort();
  return {
    files: [...inOrder.filter(isInside), ...inOrder.filter((path) => !isInside(path))],
    secrets: [...secrets].sort(),
    hosts: [...hosts].sort(),
    findings,
  };
}

function byStart(one: FinishedSpan, other: FinishedSpan): number {
  return one.start < other.start ? -1 : Number(one.start > other.start);
}

import type { AgentPlace } from '../agents/sessions.ts';
import type { ProcessImage } from '../lineage/process-table.ts';
import { Folds } from './fold.ts';
import type { TraceParent } from './ids.ts';
import type { Scope } from './scope.ts';
import { SpanNotes } from './span-notes.ts';

/**
 * A process image in a job's trace.
 * `open`: not yet decided · `committed`: gets a span at its end, since one below it already refers to it ·
 * `sent` · `folded`: counted in a summary · `hidden`: processes are not traced.
 */
export interface ProcessNode {
  readonly image: ProcessImage;
  readonly scope: Scope;
  readonly parent: ProcessNode | null;
  readonly isStepRoot: boolean;
  /** The coding agent that it belongs to, by descent. */
  agent: AgentPlace | null;
  /** Below agents, the span outside that it was told to stand below (`TRACEPARENT`), or the nearest above it was. */
  context: TraceParent | null;
  /** The same, where it is another than it has inherited. */
  link: TraceParent | null;
  /** The kind of a span that stands between its own and what it descends from, and begins with it. */
  wrapper: 'tool' | 'mcp' | null;
  state: 'open' | 'committed' | 'sent' | 'folded' | 'hidden';
  connections: number;
  /** What was folded away below it. */
  readonly folds: Folds;
  readonly connectionFolds: Folds;
  /** What its span's events tell; a process with any is never folded. */
  readonly notes: SpanNotes;
}

export function createNode(
  image: ProcessImage,
  scope: Scope,
  place: { parent: ProcessNode | null; isStepRoot: boolean },
): ProcessNode {
  return {
    image,
    scope,
    parent: place.parent,
    isStepRoot: place.isStepRoot,
    agent: null,
    context: place.parent?.context ?? null,
    link: null,
    wrapper: null,
    state: 'open',
    connections: 0,
    folds: new Folds(),
    connectionFolds: new Folds(),
    notes: new SpanNotes(),
  };
}

/** The nodes that must have a span before `node` can have one, itself included. */
export function uncommitted(node: ProcessNode): ProcessNode[] {
  const chain: ProcessNode[] = [];
  for (let at: ProcessNode | null = node; at !== null && !hasSpan(at); at = at.parent)
    if (at.state === 'open') chain.push(at);
  return chain;
}

/** The nearest process above that has or will have a span. */
export function spanParent(node: ProcessNode): ProcessNode | null {
  let at = node.parent;
  while (at !== null && !hasSpan(at)) at = at.parent;
  return at;
}

/** The nearest process above that still runs and so can still give a summary. */
export function foldTarget(node: ProcessNode): ProcessNode | null {
  let at = node.parent;
  while (at !== null && at.image.end !== null) at = at.parent;
  return at;
}

export function hasSpan(node: ProcessNode): boolean {
  return node.state === 'committed' || node.state === 'sent';
}

import { eventsShed } from '../../crds/attributes.ts';
import type { ProcessImage } from '../lineage/process-table.ts';
import { type Budget, eventSacrifices, type Sacrifice } from './budget.ts';
import type { FinishedSpan } from './finished-span.ts';
import type { Fold, Folds } from './fold.ts';
import type { JobIds } from './ids.ts';
import type { JobWriter, SpanBuilder } from './job-writer.ts';
import { linksTo } from './links.ts';
import type { PolicyView } from './policy-view.ts';
import { createNode, foldTarget, hasSpan, type ProcessNode, spanParent, uncommitted } from './process-node.ts';
import { type Placement, type ProcessOrigin, processName, processSpan, summarySpan } from './process-span.ts';
import type { Redactor } from './redact.ts';
import type { SecretHints } from './redaction/masks.ts';
import { Repeats } from './repeats.ts';
import type { Scope } from './scope.ts';
import { maxSpanEvents, type Note } from './span-notes.ts';

/** A leaf shorter than this is the first to be folded. */
const shortNanos = 1_000_000_000n;
/** The part of a step's process spans that short leaves may take; the rest is kept for those that say more. */
const shortShare = 0.8;

export interface TraceSettings {
  readonly offset: () => bigint;
  readonly policy: () => PolicyView;
  readonly redact: (hints: SecretHints) => Redactor;
  /** Where everything is told that has no room elsewhere. */
  readonly jobScope: Scope;
  /** The span id of a scope; asked only once the job's ids are known. */
  readonly scopeSpanId: (scope: Scope, ids: JobIds) => string;
}

/** Makes a span once its place is known; `place` gives the ids. */
export type BelowBuilder = (at: {
  offset: bigint;
  place: (kind: string, execId: string, key: string) => Placement;
  ids: JobIds;
  redact: Redactor;
}) => FinishedSpan;

/**
 * Decides which processes and connections of a job become spans of their own and which are folded, and gives them.
 * Exact by construction: spans named X plus the counts of summaries named X are the executions of X.
 */
export class ProcessSpans {
  readonly #writer: JobWriter;
  readonly #budget: Budget;
  readonly #settings: TraceSettings;
  readonly #repeats = new Repeats();
  #summaries = 0;

  constructor(writer: JobWriter, budget: Budget, settings: TraceSettings) {
    this.#writer = writer;
    this.#budget = budget;
    this.#settings = settings;
  }

  started(image: ProcessImage, scope: Scope, place: { parent: ProcessNode | null; isStepRoot: boolean }): ProcessNode {
    const node = createNode(image, scope, place);
    scope.processes += 1;
    if (this.#settings.policy().processes === 'None') node.state = 'hidden';
    else if (place.isStepRoot) this.#commit(node);
    else if (isOutOfTheOrdinary(image)) this.#takeRoom(node, 'witness', 0);
    return node;
  }

  ended(node: ProcessNode): void {
    if (node.state === 'open' && this.#isWorthASpan(node)) this.#commit(node);
    if (node.state === 'committed') this.#give(node);
    else this.#fold(node);
  }

  /** Whether the nth connection of a process (`null`: not known, or the runner itself) gets a span of its own; its place is kept. */
  takeConnection(node: ProcessNode | null, nth: number, name: string): boolean {
    const isRepeated = this.#repeats.isOften(node, name);
    const kind = isRepeated ? 'repeatedConnection' : 'connection';
    const fits = nth <= this.#budget.processConnections && this.#takeRoom(node, kind, 1);
    if (fits) this.#writer.promise(1);
    else this.#takeRoom(node, isRepeated ? kind : 'witness', 0);
    return fits;
  }

  /** Whether there is room for the span of a lookup, which is among the first to be shed; its place is kept. */
  takeLookup(): boolean {
    if (!this.#writer.hasRoom('lookup', 1)) return false;
    this.#writer.promise(1);
    return true;
  }

  /** Keeps the place of a span that always has one, a finding's or an agent's, and of its process, which has one before all others. */
  promiseUnder(node: ProcessNode | null): void {
    if (node !== null) this.#takeRoom(node, 'findingProcess', 1);
    this.#writer.promise(1);
  }

  /** Whether the tool call that begins with this process gets a span; its place is kept, and the process's. */
  takeToolCall(node: ProcessNode): boolean {
    const fits = this.#takeRoom(node, 'toolCall', 1);
    if (fits) this.#writer.promise(1);
    return fits;
  }

  /** Tells something on a process's own span, which is worth one then, as with a connection. What has no span, or none any more, is counted. */
  note(note: Note, scope: Scope, node: ProcessNode | null): void {
    if (node !== null && node.state !== 'sent' && this.#takeRoom(node, 'witness', 0) && node.state === 'committed')
      node.notes.add(note);
    else scope.untold += 1;
  }

  /** The process at whose span something of `node` is told: itself, else the nearest above it that has or will have a span; `null`: none. */
  tellerOf(node: ProcessNode | null): ProcessNode | null {
    return node !== null && hasSpan(node) ? node : node && spanParent(node);
  }

  /** Gives a promised span below a process, or below the scope where that has no span. */
  giveUnder({ scope, node }: { scope: Scope; node: ProcessNode | null }, build: BelowBuilder): void {
    const offset = this.#settings.offset();
    const parent = this.tellerOf(node);
    this.#giveBelow({ scope, parent }, (ids, redact) =>
      build({
        offset,
        place: (kind, execId, key) => this.#place(ids, { scope, parent, spanId: ids.below(kind, execId, key) }),
        ids,
        redact,
      }),
    );
  }

  /** Gives what is folded at the scope itself; more may gather afterwards and be given again, with other ids. */
  flush(scope: Scope): void {
    this.#giveFolds(scope, null, scope.folds);
    this.#giveFolds(scope, null, scope.connectionFolds);
  }

  #isWorthASpan(node: ProcessNode): boolean {
    const { image, scope } = node;
    const cost = uncommitted(node).length;
    const isShortLeaf = node.folds.size === 0 && (image.end ?? image.start) - image.start < shortNanos;
    const limit = this.#budget.stepProcesses * (isShortLeaf ? shortShare : 1);
    return scope.processSpans + cost <= limit && this.#writer.hasRoom(isShortLeaf ? 'shortProcess' : 'process', cost);
  }

  #commit(node: ProcessNode): void {
    const chain = uncommitted(node);
    for (const each of chain) each.state = 'committed';
    node.scope.processSpans += chain.length;
    this.#writer.promise(chain.length);
  }

  #give(node: ProcessNode): void {
    const { image, scope } = node;
    this.#giveFolds(scope, node, node.folds);
    this.#giveFolds(scope, node, node.connectionFolds);
    node.state = 'sent';
    const view = {
      image,
      offset: this.#settings.offset(),
      isStepRoot: node.isStepRoot,
      origin: originOf(node),
      notes: node.notes,
    };
    const parent = spanParent(node);
    this.#giveBelow({ scope, parent }, (ids, redact) => {
      const place = this.#place(ids, { scope, parent, spanId: ids.below('process', image.id) });
      const at = node.wrapper === null ? place : { ...place, parentSpanId: ids.below(node.wrapper, image.id) };
      return processSpan(at, { ...view, links: linksTo(node.link, scope, ids), redact });
    });
  }

  #fold(node: ProcessNode): void {
    const { image, scope } = node;
    const into = foldTarget(node)?.folds ?? scope.folds;
    for (const fold of node.folds.drain()) into.merge(fold);
    for (const fold of node.connectionFolds.drain()) scope.connectionFolds.merge(fold);
    if (node.state === 'hidden') return;
    node.state = 'folded';
    scope.foldedProcesses += 1;
    scope.shedEvents += node.notes.size;
    into.add(processName(image, this.#writer.redactor), image.start, image.end ?? image.start);
  }

  /** Room for `more` spans below the process, and for its own and those above it that have none yet. */
  #takeRoom(node: ProcessNode | null, kind: Sacrifice, more: number): boolean {
    const chain = node === null || node.state === 'hidden' ? [] : uncommitted(node);
    if (!this.#writer.hasRoom(kind, chain.length + more)) return false;
    if (chain.length > 0 && node !== null) this.#commit(node);
    return true;
  }

  #giveFolds(scope: Scope, node: ProcessNode | null, folds: Folds): void {
    const fits = this.#fitsSummaries(scope, node, folds.size);
    const into = node === null ? this.#settings.jobScope : scope;
    for (const fold of folds.drain()) {
      if (fits) this.#giveSummary(fold, { scope, node });
      else (fold.kind === 'internal' ? into.folds : into.connectionFolds).merge(fold);
    }
  }

  #fitsSummaries(scope: Scope, node: ProcessNode | null, count: number): boolean {
    if (node === null) return scope === this.#settings.jobScope || this.#writer.hasRoom('stepSummary', count);
    return scope.summaries + count <= this.#budget.stepSummaries && this.#writer.hasRoom('summary', count);
  }

  #giveSummary(fold: Fold, at: { scope: Scope; node: ProcessNode | null }): void {
    at.scope.summaries += 1;
    this.#summaries += 1;
    const key = `${fold.name}-${this.#summaries}`;
    const offset = this.#settings.offset();
    this.#writer.promise(1);
    this.#giveBelow({ scope: at.scope, parent: at.node }, (ids) => {
      const spanId = ids.below('summary', at.node?.image.id ?? '', key);
      return summarySpan(this.#place(ids, { scope: at.scope, parent: at.node, spanId }), fold, offset);
    });
  }

  /** What hangs right below a step waits for the step's name. */
  #giveBelow({ scope, parent }: { scope: Scope; parent: ProcessNode | null }, build: SpanBuilder): void {
    const within: SpanBuilder = (ids, redact) => this.#withinEvents(build(ids, redact), scope);
    if (parent === null && scope.step !== null && !scope.step.sent) scope.step.waiting.push(within);
    else this.#writer.give(within);
  }

  /** Without the events that find no room; they are counted. */
  #withinEvents(span: FinishedSpan, scope: Scope): FinishedSpan {
    const events = span.events.slice(0, maxSpanEvents).filter(({ name }) => {
      const kind = eventSacrifices[name];
      return kind === undefined || this.#writer.hasRoom(kind, 0);
    });
    const shed = span.events.length - events.length;
    if (shed === 0) return span;
    scope.shedEvents += shed;
    return { ...span, events, attributes: { ...span.attributes, [eventsShed]: shed } };
  }

  #place(ids: JobIds, at: { scope: Scope; parent: ProcessNode | null; spanId: string }) {
    const parentSpanId =
      at.parent === null ? this.#settings.scopeSpanId(at.scope, ids) : ids.below('process', at.parent.image.id);
    return { traceId: ids.traceId, spanId: at.spanId, parentSpanId };
  }
}

/** Executions that an attack is made of. */
function isOutOfTheOrdinary({ traits }: ProcessImage): boolean {
  return traits.memfd || traits.unlinked || traits.secure;
}

const origins = { joined: 'exec', container: 'container', before: 'before' } as const;

/** The runner has no span: what hangs at a process outside of steps that is no child of it was not started by it, whatever that called itself. */
function originOf(node: ProcessNode): ProcessOrigin | null {
  const { image, scope } = node;
  if (scope.step !== null) return null;
  let top = node;
  while (top.parent !== null) top = top.parent;
  if (top.image.root !== null) return 'runner';
  return image.origin === null ? null : origins[image.origin];
}

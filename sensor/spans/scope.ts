import {
  acceptedConnections,
  agentNames,
  agentSessions,
  agentToolCalls,
  bytesReceived,
  bytesSent,
  connectionsCount,
  eventsUntold,
  failedConnections,
  foldedEvents,
  memoryAccesses,
  privilegeChanges,
  processesCount,
  questionsCount,
  rawSockets,
} from '../../crds/attributes.ts';
import type { StepConclusion, StepView } from '../engines/engine.ts';
import { FileTotals } from '../files/file-totals.ts';
import { FindingTotals } from '../findings/finding-totals.ts';
import { later } from '../lineage/time.ts';
import type { Attributes } from './finished-span.ts';
import { Folds } from './fold.ts';
import type { SpanBuilder } from './job-writer.ts';
import type { ProcessNode } from './process-node.ts';
import { resultOfExit, type TaskResult } from './task-span.ts';
import { UsageTotals } from './usage.ts';

/** What processes hang at: the job itself or a step. Counts are of everything that happened, folded or not. */
export class Scope {
  readonly step: StepRun | null;
  processes = 0;
  connections = 0;
  /** Connections from outside. */
  accepted = 0;
  failedConnections = 0;
  /** Payload of all connections that have ended. */
  bytesSent = 0;
  bytesReceived = 0;
  /** Raw and ping sockets. */
  rawSockets = 0;
  /** DNS questions: each message, whether asked again or not. */
  questions = 0;
  /** Changes of user, group or capabilities, and steps towards the kernel or out of namespaces. */
  privilegeChanges = 0;
  /** Reaches into the memory of other processes. */
  memoryAccesses = 0;
  /** Events of processes whose span is gone, or that have none. */
  untold = 0;
  readonly usage = new UsageTotals();
  /** Runs of coding agents, and their tool calls. */
  agentSessions = 0;
  /** Which agents they were. */
  readonly agents = new Set<string>();
  toolCalls = 0;
  processSpans = 0;
  summaries = 0;
  foldedProcesses = 0;
  foldedConnections = 0;
  /** Lookups that failed or led to no connection, and found no room. */
  foldedLookups = 0;
  /** Events that found no room in their spans. */
  shedEvents = 0;
  /** Connections of no known process. */
  looseConnections = 0;
  readonly files = new FileTotals();
  readonly findings = new FindingTotals();
  /** Processes that run: whoever is in here when the step is over outlives it. */
  readonly running = new Set<ProcessNode>();
  readonly folds: Folds;
  readonly connectionFolds: Folds;

  /** `names`: of folded spans, of processes and as many of connections. */
  constructor(step: StepRun | null, names?: number) {
    this.step = step;
    this.folds = new Folds(names);
    this.connectionFolds = new Folds(names);
  }

  totals(): Attributes {
    return totalsOf([this]);
  }
}

/** What happened in all these scopes together. */
export function totalsOf(scopes: readonly Scope[]): Attributes {
  const usage = new UsageTotals();
  const files = new FileTotals();
  const findings = new FindingTotals();
  for (const scope of scopes) {
    usage.merge(scope.usage);
    files.merge(scope.files);
    findings.merge(scope.findings);
  }
  return {
    ...countsOf(scopes),
    ...usage.attributes(),
    ...files.attributes(),
    ...agentsIn(scopes),
    ...findings.attributes(),
  };
}

/** What each scope counts, and the attribute of steps and jobs that tells it. */
const counters = {
  processes: processesCount,
  connections: connectionsCount,
  accepted: acceptedConnections,
  failedConnections,
  bytesSent,
  bytesReceived,
  rawSockets,
  privilegeChanges,
  memoryAccesses,
  untold: eventsUntold,
  agentSessions,
  toolCalls: agentToolCalls,
  foldedProcesses: 'chaperone.coverage.folded.processes',
  foldedConnections: 'chaperone.coverage.folded.connections',
  questions: questionsCount,
  foldedLookups: 'chaperone.coverage.folded.lookups',
  shedEvents: foldedEvents,
} as const satisfies Partial<Record<keyof Scope, string>>;

/** The counts of all these scopes together. */
function countsOf(scopes: readonly Scope[]): Attributes {
  const attributes: Attributes = {};
  for (const counter of Object.keys(counters) as (keyof typeof counters)[])
    attributes[counters[counter]] = scopes.reduce((sum, scope) => sum + scope[counter], 0);
  return attributes;
}

/** The agents that ran in any of these scopes. */
function agentsIn(scopes: readonly Scope[]): Attributes {
  const names = new Set(scopes.flatMap(({ agents }) => [...agents]));
  return names.size === 0 ? {} : { [agentNames]: [...names].sort() };
}

interface Root {
  end: bigint | null;
  result: TaskResult | null;
}

/** Name, span id and attributes of a step, decided once. */
export interface FrozenStep {
  readonly name: string;
  readonly spanId: string;
  readonly attributes: Attributes;
}

export interface StepPlace {
  readonly invocation: string | null;
  readonly outer: StepRun | null;
  readonly continueOnError: boolean;
  /** Of a step without a process: the time that it had. */
  readonly inferred: { readonly start: bigint; readonly end: bigint } | null;
}

/** One run of a step, or of a step nested in a composite. Times are nanoseconds since boot. */
export class StepRun {
  readonly view: StepView;
  readonly invocation: string | null;
  readonly outer: StepRun | null;
  readonly scope: Scope;
  readonly nested: StepRun[] = [];
  readonly continueOnError: boolean;
  readonly start: bigint;
  /** The kernel's id of its first process. */
  readonly rootId: string;
  frozen: FrozenStep | null = null;
  /** Spans right below the step: its id may hang on its name, and the runner writes names down a little after the process began. */
  readonly waiting: SpanBuilder[] = [];
  /** Given once it is over, by the engine or, of a pod, by the ends of its containers. */
  conclusion: StepConclusion | null = null;
  sent = false;
  /** Another step of the job began after this one was idle. */
  overtaken = false;
  readonly #inferredEnd: bigint | null;
  readonly #roots = new Map<string, Root>();

  constructor(view: StepView, rootId: string, place: StepPlace) {
    this.view = view;
    this.rootId = rootId;
    this.invocation = place.invocation;
    this.outer = place.outer;
    this.continueOnError = place.continueOnError;
    this.start = place.inferred?.start ?? view.first.time;
    this.#inferredEnd = place.inferred?.end ?? null;
    this.scope = new Scope(this);
    place.outer?.nested.push(this);
  }

  beginRoot(id: string): void {
    this.#roots.set(id, { end: null, result: null });
  }

  endRoot(id: string, end: bigint, exit: { exitCode: number | null; signal: number | null }): void {
    const root = this.#roots.get(id);
    if (root === undefined) return;
    root.end = end;
    root.result = resultOfExit(exit.exitCode, exit.signal);
  }

  /** When its last process (of a composite: its last nested step) ended; `null` while one runs. */
  get idleSince(): bigint | null {
    const ends = [...[...this.#roots.values()].map((root) => root.end), ...this.nested.map((step) => step.idleSince)];
    return ends.includes(null)
      ? null
      : ends.reduce<bigint>((latest, end) => later(latest, end ?? latest), this.#inferredEnd ?? this.start);
  }

  get result(): TaskResult | null {
    return this.conclusion === null ? this.exitResult : this.conclusion.result;
  }

  /** Failure if any part of it failed that may not fail, `null` if a part of it never told. */
  get exitResult(): TaskResult | null {
    const results = [
      ...[...this.#roots.values()].map((root) => root.result),
      ...this.nested.map(({ result, continueOnError }) =>
        continueOnError && result === 'failure' ? 'success' : result,
      ),
    ];
    if (results.includes('failure')) return 'failure';
    return results.includes(null) ? null : 'success';
  }

  /** A composite may go on after a pause; it is over only once another step began. */
  isOver(): boolean {
    return this.idleSince !== null && (this.nested.length === 0 || this.overtaken);
  }
}

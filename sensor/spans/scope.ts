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
import { FileTotals } from '../files/file-totals.ts';
import { FindingTotals } from '../findings/finding-totals.ts';
import type { Attributes } from './finished-span.ts';
import { Folds } from './fold.ts';
import type { ProcessNode } from './process-node.ts';
import type { StepRun } from './step-run.ts';
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

import {
  agentWordsLate,
  findingsForgotten,
  foldedAgents,
  socketCreated,
  socketProtocol,
  socketType,
  stepInferred,
  stepOrdinal,
  stepResultSource,
} from '../../crds/attributes.ts';
import { type AgentEdges, AgentSpans } from '../agents/agent-spans.ts';
import { Outlived, stillRunning } from '../agents/outlived.ts';
import type { Told } from '../agents/words/agent-words.ts';
import type {
  CloseEvent,
  CredentialsEvent,
  DnsEvent,
  ExecEvent,
  FileEvent,
  MemoryEvent,
  OpeningEvent,
  PrivilegeEvent,
  SocketEvent,
  Usage,
} from '../decode/events.ts';
import type { Engine, JobHandle, JobIdentity, StepKey } from '../engines/engine.ts';
import { FileTotals } from '../files/file-totals.ts';
import { recordFile } from '../files/record-file.ts';
import { isOwnResolver } from '../findings/addresses.ts';
import type { Hit, Neighbour } from '../findings/detector.ts';
import { FindingSpans } from '../findings/finding-spans.ts';
import { FindingTotals } from '../findings/finding-totals.ts';
import type { ProcessImage } from '../lineage/process-table.ts';
import type { PodNetwork } from '../policy/egress-view.ts';
import type { Budget } from './budget.ts';
import type { ConnectionStart } from './connection-end.ts';
import { ConnectionSpans } from './connection-spans.ts';
import { credentialsNote } from './credentials-note.ts';
import type { Attributes } from './finished-span.ts';
import { otherName } from './fold.ts';
import type { JobIds } from './ids.ts';
import { type JobSinks, JobWriter } from './job-writer.ts';
import { LookupSpans } from './lookup-spans.ts';
import type { ProcessNode } from './process-node.ts';
import { processName } from './process-span.ts';
import { ProcessSpans, type TraceSettings } from './process-spans.ts';
import { privilegeNote } from './reach-note.ts';
import { agentsIn, countsOf, type FrozenStep, Scope, type StepRun } from './scope.ts';
import type { Note } from './span-notes.ts';
import { StepList } from './step-list.ts';
import { type NotExecuted, type TaskResult, taskSpan } from './task-span.ts';
import { maxName, printable } from './text.ts';
import { UsageTotals } from './usage.ts';

/** How long a step must be idle before its span is given: a step can consist of several processes, one after the other. */
const settleNanos = 2_000_000_000n;

/** Who else there is: what a process reached into may be of any step, or of none. */
export interface Neighbours {
  /** `null`: none is known, or several are. */
  readonly withPid: (pid: number) => Neighbour | null;
  readonly withImage: (id: string) => Neighbour | null;
}

export interface JobOptions {
  readonly engine: Engine;
  /** The engine's key of the job. */
  readonly key: string | null;
  /** The image of the runner that does the job; `null` where there is none. */
  readonly runner: string | null;
  /** Nanoseconds since boot, as every time in here. */
  readonly start: bigint;
  /** The beginning was not seen, since this process was started again. */
  readonly resumed: boolean;
  readonly budget: Budget;
  readonly neighbours: Neighbours;
  readonly network: PodNetwork;
  readonly settings: Omit<TraceSettings, 'jobScope' | 'scopeSpanId'>;
  readonly sinks: JobSinks;
  readonly agents: AgentEdges;
}

/** One job on its way to being a trace: its steps, and through {@link ProcessSpans} their processes. */
export class JobTrace {
  readonly key: string | null;
  readonly runner: string | null;
  readonly start: bigint;
  readonly scope: Scope;
  readonly writer: JobWriter;
  readonly steps: StepList;
  /** Executions by name, whatever became of their spans. */
  readonly executions = new Map<string, number>();
  readonly hosts = new Set<string>();
  firstStep: ExecEvent | null = null;
  end: bigint | null = null;
  result: TaskResult | null = null;
  /** Of a command that was never executed. */
  notExecuted: NotExecuted | null = null;
  sealed = false;
  readonly #engine: Engine;
  readonly #handle: JobHandle;
  readonly #settings: JobOptions['settings'];
  readonly #processes: ProcessSpans;
  readonly #lookups: LookupSpans;
  readonly #connections: ConnectionSpans;
  readonly #findings: FindingSpans;
  readonly #agents: AgentSpans;
  readonly #outlived = new Outlived();

  constructor(options: JobOptions) {
    this.key = options.key;
    this.runner = options.runner;
    this.start = options.start;
    this.#engine = options.engine;
    this.#settings = options.settings;
    this.scope = new Scope(null, options.budget.jobSummaries);
    this.writer = new JobWriter(options.budget, options.sinks, options.settings.redact);
    const startMs = options.resumed ? null : Number((this.start + this.#settings.offset()) / 1_000_000n);
    this.#handle = { key: this.key, runner: this.runner, startMs };
    this.steps = new StepList(this.#handle, { engine: options.engine, start: options.start });
    const scopeSpanId = (scope: Scope, ids: JobIds) =>
      scope.step === null ? ids.jobSpanId : this.#freeze(scope.step, ids).spanId;
    this.#processes = new ProcessSpans(this.writer, options.budget, {
      ...this.#settings,
      jobScope: this.scope,
      scopeSpanId,
    });
    this.#lookups = new LookupSpans(this.#processes, options.budget);
    this.#findings = this.#createFindings(options);
    this.#connections = new ConnectionSpans(this.#processes, (contacted, stage, time) =>
      this.#findings.detect.contacted(contacted, stage, time),
    );
    this.#agents = new AgentSpans(this.#processes, options.agents, {
      declared: () => this.#settings.policy().agents,
      offset: options.settings.offset,
      found: (hit, node, time) => this.#foundOf(hit, node, time),
    });
  }

  /** From nanoseconds since boot to Unix time. */
  get offset(): bigint {
    return this.#settings.offset();
  }

  /** The scope that a direct child of the runner belongs to. Its first process begins the step. */
  place(event: ExecEvent, keys: readonly StepKey[]): Scope {
    const step = this.steps.enter(event, keys);
    if (step === null) return this.scope;
    this.firstStep ??= event;
    return step.scope;
  }

  started(
    { image, event }: { image: ProcessImage; event: ExecEvent },
    scope: Scope,
    place: { parent: ProcessNode | null; isStepRoot: boolean },
  ): ProcessNode {
    count(this.executions, processName(image, this.writer.redactor));
    const node = this.#processes.started(image, scope, place);
    this.#agents.started(node, event);
    if (scope.running.size < maxRunning) scope.running.add(node);
    this.#findings.detect.executed(node);
    return node;
  }

  ended(node: ProcessNode): void {
    for (const lookup of this.#lookups.of(node)) this.#findings.detect.lookedUp(lookup, node);
    this.#agents.ending(node);
    this.#processes.ended(node);
    this.#agents.ended(node);
    this.#outlived.ended(node);
    this.#lookups.ended(node.scope, node);
    this.#findings.ended(node.scope, node);
    node.scope.running.delete(node);
  }

  /** False if there is no room to follow the connection to its end. */
  connected(event: ConnectionStart, scope: Scope, node: ProcessNode | null): boolean {
    if (event.kind === 'connect' && !isOwnResolver(event) && this.hosts.size < maxHosts) this.hosts.add(event.address);
    const origin = this.#lookups.originOf(event, scope, node);
    if (event.kind === 'connect' && node !== null) {
      this.#findings.detect.connected(event, node, origin);
      this.#agents.connected(node, event, origin);
    }
    return this.#connections.began(event, scope, node, origin);
  }

  /** False if the socket is none of this job's. */
  disconnected(event: CloseEvent): boolean {
    return this.#connections.ended(event);
  }

  /** A name was asked for, or an answer came. */
  heard(event: DnsEvent, scope: Scope, node: ProcessNode | null): void {
    this.#lookups.heard(event, scope, node, (name) => {
      if (node !== null) this.#findings.detect.asked(name, node, event.time);
    });
  }

  /** False if the socket is none of this job's. */
  opened(event: OpeningEvent): boolean {
    return this.#connections.opened(event);
  }

  /** A raw or ping socket was made. */
  madeSocket({ time, type, protocol }: SocketEvent, scope: Scope, node: ProcessNode | null): void {
    scope.rawSockets += 1;
    const attributes = { [socketType]: type, [socketProtocol]: protocol };
    this.#processes.note({ name: socketCreated, time, attributes }, scope, node);
  }

  credentialsChanged(event: CredentialsEvent, scope: Scope, node: ProcessNode | null): void {
    scope.privilegeChanges += 1;
    this.#processes.note(credentialsNote(event), scope, node);
  }

  privilegeTaken(event: PrivilegeEvent, scope: Scope, node: ProcessNode | null): void {
    scope.privilegeChanges += 1;
    this.#processes.note(privilegeNote(event), scope, node);
  }

  memoryAccessed(event: MemoryEvent, note: Note, { scope, node }: { scope: Scope; node: ProcessNode | null }): void {
    if (node !== null) this.#findings.detect.reached(event, node);
    scope.memoryAccesses += 1;
    this.#processes.note(note, scope, node);
  }

  /** A process of this scope ended, having used this. */
  used(usage: Usage, scope: Scope): void {
    scope.usage.add(usage);
  }

  touched(event: FileEvent, scope: Scope, node: ProcessNode | null): void {
    if (node !== null) this.#findings.detect.touched(event, node);
    const surroundings = { workspace: this.#workspace(), asked: this.#settings.policy().files.paths };
    const secret = recordFile(event, { scope, node, surroundings });
    if (node !== null) this.#agents.touched(node, event, secret !== null);
    if (secret !== null) this.#processes.note(secret, scope, node);
  }

  /** A process told something in the way of a coding agent. */
  agentTold(said: Told, node: ProcessNode, time: bigint): void {
    this.#agents.told(said, node, time);
  }

  /** Something was found of the job as a whole. */
  found(hit: Hit, time: bigint): void {
    if (!this.sealed) this.#findings.detect.ofJob(hit, this.scope, time);
  }

  /** Tells people what was found although nobody knows yet whose job this is. */
  tellEarly(): void {
    const identity = () => this.#engine.identify({ ...this.#handle, firstStep: this.firstStep, ended: false });
    this.writer.tellEarly(identity, this.#settings.policy().scope);
  }

  /** Asks the engine who this job is, until it knows. */
  identify(taken: Set<string>, sensor: () => Attributes): void {
    if (this.writer.identity !== null) return;
    const identity = this.#engine.identify({ ...this.#handle, firstStep: this.firstStep, ended: this.end !== null });
    const { scope } = this.#settings.policy();
    if (identity !== null) this.writer.identify(identity, taken, { sensor: sensor(), scope });
  }

  /** Gives the spans of steps that are over, and finds what was left running. */
  settle(now: bigint): void {
    for (const survivor of this.#outlived.due(now)) this.#findings.detect.outlived(survivor, now);
    this.#agents.settle(now);
    for (const step of this.steps.unsent()) {
      const idle = step.idleSince;
      if (idle === null || !step.isOver() || now - idle < settleNanos) continue;
      for (const node of stillRunning(step.scope.running)) this.#findings.detect.leftRunning(node, now);
      this.#giveStep(step);
    }
  }

  /** Gives the remaining steps and, last, the job itself. Later spans of processes left behind still find their parents. */
  seal(attributes: Attributes): void {
    if (this.sealed) return;
    this.endConnections(this.start);
    this.#agents.close();
    this.sealed = true;
    for (const step of this.steps.unsent()) this.#giveStep(step);
    for (const scope of this.scopes()) this.#findings.ended(scope, null);
    this.#flushScope(this.scope);
    const offset = this.#settings.offset();
    const end = this.end ?? this.start;
    this.writer.promise(1);
    this.writer.give((ids) => this.#jobSpan(ids, { offset, end, attributes: { ...this.#totals(), ...attributes } }));
  }

  /** Tells what is open as being so when the job ended or, of a job that has not ended or that left something behind, at `time`. */
  endConnections(time: bigint): void {
    this.#connections.endAll(this.sealed ? time : (this.end ?? time));
  }

  /** After everything else: what was folded since the steps were given. */
  flush(): void {
    this.endConnections(this.end ?? this.start);
    for (const scope of this.scopes().reverse()) this.#flushScope(scope);
  }

  #flushScope(scope: Scope): void {
    this.#lookups.ended(scope, null);
    this.#findings.ended(scope, null);
    this.#processes.flush(scope);
  }

  scopes(): Scope[] {
    return [this.scope, ...this.steps.all().map((step) => step.scope)];
  }

  total(count: (scope: Scope) => number): number {
    return this.scopes().reduce((sum, scope) => sum + count(scope), 0);
  }

  files(): FileTotals {
    return this.scopes().reduce((sum, scope) => sum.merge(scope.files), new FileTotals());
  }

  /** Of a process that may have ended, with all that was to be told of it. */
  #foundOf(hit: Hit, node: ProcessNode, time: bigint): void {
    this.#findings.detect.ofProcess(hit, node, time);
    if (node.image.end !== null) this.#findings.ended(node.scope, node);
  }

  #createFindings({ neighbours, network }: JobOptions): FindingSpans {
    const { runner } = this;
    const job = {
      runner,
      ...neighbours,
      workspace: () => this.#workspace(),
      wasResolved: (address: string) => this.scopes().some((scope) => this.#lookups.wasResolved(address, scope)),
      readsAnswers: () => this.#lookups.readsAnswers,
      egress: () => this.#settings.policy().egress,
      leadsOut: (address: string) => !network.addresses.includes(address),
      isOpenHost: (name: string) => network.openHosts.includes(name),
    };
    return new FindingSpans({ processes: this.#processes, writer: this.writer }, job, {
      stepName: ({ step }, ids) => (step === null ? null : this.#freeze(step, ids).name),
      stepNow: ({ step }) => step && { ...this.#nameNow(step), ordinal: step.view.ordinal },
      offset: () => this.#settings.offset(),
    });
  }

  #workspace(): string | null {
    return this.firstStep?.cwd ?? null;
  }

  #giveStep(step: StepRun): void {
    if (step.sent) return;
    for (const inner of step.nested) this.#giveStep(inner);
    this.#flushScope(step.scope);
    step.sent = true;
    step.conclusion ??= this.#engine.conclude?.(step.view, step.exitResult) ?? null;
    for (const build of step.waiting.splice(0)) this.writer.give(build);
    const offset = this.#settings.offset();
    const run = {
      start: step.start + offset,
      end: (step.idleSince ?? this.end ?? step.start) + offset,
      result: step.result,
    };
    this.writer.promise(1);
    this.writer.give((ids) => {
      const { name, spanId, attributes } = this.#freeze(step, ids);
      const parentSpanId = step.outer === null ? ids.jobSpanId : this.#freeze(step.outer, ids).spanId;
      const own = {
        'cicd.pipeline.task.run.id': this.#stepRunId(step),
        [stepOrdinal]: step.view.ordinal,
        ...(step.conclusion === null || step.conclusion.result === null
          ? {}
          : { [stepResultSource]: step.conclusion.source }),
        ...(step.view.inferred ? { [stepInferred]: true } : {}),
        ...attributes,
        ...step.scope.totals(),
      };
      return taskSpan({ traceId: ids.traceId, spanId, parentSpanId }, { ...run, name, attributes: own });
    });
  }

  /** A step that waits for its name may be called otherwise later, and its id hangs on that. */
  #nameNow(step: StepRun): { name: string; spanId: string | null } {
    return step.frozen ?? { name: this.#shownName(this.#engine.describe(step.view).name), spanId: null };
  }

  /** Names are decided in order of beginning, so that equal names are numbered the same whichever step ends first. */
  #freeze(step: StepRun, ids: JobIds): FrozenStep {
    if (step.frozen !== null) return step.frozen;
    if (step.outer === null) for (const earlier of this.steps.before(step)) this.#freezeOne(earlier, ids);
    return this.#freezeOne(step, ids);
  }

  #freezeOne(step: StepRun, ids: JobIds): FrozenStep {
    if (step.frozen !== null) return step.frozen;
    const { name, attributes } = this.#engine.describe(step.view);
    const spanId =
      step.outer === null ? ids.step(name, step.view.ordinal) : ids.below('step', step.rootId, depthKey(step));
    step.frozen = { name: this.#shownName(name), spanId, attributes };
    return step.frozen;
  }

  #shownName(name: string): string {
    return printable(this.#withoutSecrets(name), maxName);
  }

  /** A step without a name is called after its script's first line, which is a command line like any other. */
  #withoutSecrets(name: string): string {
    const { redactor } = this.writer;
    return name.startsWith('Run ') ? redactor.script(name) : redactor.text(name);
  }

  #stepRunId(step: StepRun): string {
    const above = step.outer === null ? (this.writer.identity?.taskRunId ?? '') : this.#stepRunId(step.outer);
    return `${above}/${step.view.ordinal}`;
  }

  #jobSpan(ids: JobIds, run: { offset: bigint; end: bigint; attributes: Attributes }) {
    const identity = this.writer.identity as JobIdentity;
    const at = { traceId: ids.traceId, spanId: ids.jobSpanId, parentSpanId: ids.parentSpanId };
    const own = {
      'cicd.pipeline.task.run.id': identity.taskRunId,
      ...(identity.url === null ? {} : { 'cicd.pipeline.task.run.url.full': identity.url }),
    };
    const name = printable(identity.name, maxName);
    const times = { start: this.start + run.offset, end: run.end + run.offset };
    const links = ids.run === null ? [] : [{ ...ids.run, attributes: {} }];
    const attributes = { ...own, ...run.attributes };
    const errorType = this.notExecuted ?? undefined;
    return { ...taskSpan(at, { name, ...times, result: this.result, errorType, attributes }), links };
  }

  #findingTotals(): Attributes {
    const totals = this.scopes().reduce((sum, { findings }) => sum.merge(findings), new FindingTotals());
    const { forgotten } = this.#findings.detect;
    return { ...totals.attributes(), ...(forgotten === 0 ? {} : { [findingsForgotten]: forgotten }) };
  }

  #totals(): Attributes {
    const usage = new UsageTotals();
    for (const scope of this.scopes()) usage.merge(scope.usage);
    return {
      'chaperone.steps.count': this.steps.count,
      'chaperone.hosts.count': this.hosts.size,
      ...countsOf(this.scopes()),
      ...agentsIn(this.scopes()),
      ...usage.attributes(),
      ...this.#lookups.totals(),
      'chaperone.coverage.spans.given': this.writer.spans,
      ...this.files().attributes(),
      ...this.#findingTotals(),
      ...(this.#agents.folded === 0 ? {} : { [foldedAgents]: this.#agents.folded }),
      ...(this.#agents.lateWords === 0 ? {} : { [agentWordsLate]: this.#agents.lateWords }),
    };
  }
}

/** A composite in a composite begins with the same process as its first step. */
function depthKey(step: StepRun): string {
  return step.outer?.outer === null ? '' : step.view.key;
}

const maxHosts = 4_096;
/** Processes of a step that are looked at when it is over. */
const maxRunning = 4_096;
const maxNames = 4_096;

function count(counts: Map<string, number>, name: string): void {
  const key = counts.has(name) || counts.size < maxNames ? name : otherName;
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

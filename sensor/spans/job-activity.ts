import {
  agentWordsLate,
  findingsForgotten,
  foldedAgents,
  hostsCount,
  socketCreated,
  socketProtocol,
  socketType,
} from '../../crds/attributes.ts';
import { type AgentEdges, AgentSpans } from '../agents/agent-spans.ts';
import { Outlived, stillRunning } from '../agents/outlived.ts';
import type { Told } from '../agents/words/agent-words.ts';
import type { FileEvent } from '../decode/file-events.ts';
import type { DnsEvent, OpeningEvent } from '../decode/name-events.ts';
import type { CredentialsEvent, ExecEvent, Usage } from '../decode/process-events.ts';
import type { MemoryEvent, PrivilegeEvent } from '../decode/reach-events.ts';
import type { CloseEvent, SocketEvent } from '../decode/socket-events.ts';
import { recordFile } from '../files/record-file.ts';
import { isOwnResolver } from '../findings/addresses.ts';
import type { Hit, Neighbour } from '../findings/detector.ts';
import { FindingSpans } from '../findings/finding-spans.ts';
import type { ProcessImage } from '../lineage/process-table.ts';
import type { PodNetwork } from '../policy/egress-view.ts';
import type { Budget } from './budget.ts';
import type { ConnectionStart } from './connection-end.ts';
import { ConnectionSpans } from './connection-spans.ts';
import { credentialsNote } from './credentials-note.ts';
import { ExecutionCounts } from './execution-counts.ts';
import type { Attributes } from './finished-span.ts';
import type { JobWriter } from './job-writer.ts';
import { LookupSpans } from './lookup-spans.ts';
import type { ProcessNode } from './process-node.ts';
import { processName } from './process-span.ts';
import { ProcessSpans, type TraceSettings } from './process-spans.ts';
import { privilegeNote } from './reach-note.ts';
import type { Scope } from './scope.ts';
import type { Note } from './span-notes.ts';
import type { StepNames } from './step-names.ts';

const maxHosts = 4_096;
/** Processes of a step that are looked at when it is over. */
const maxRunning = 4_096;

/** Who else there is: what a process reached into may be of any step, or of none. */
export interface Neighbours {
  /** `null`: none is known, or several are. */
  readonly withPid: (pid: number) => Neighbour | null;
  readonly withImage: (id: string) => Neighbour | null;
}

export interface ActivityOptions {
  /** The image of the runner that does the job; `null` where there is none. */
  readonly runner: string | null;
  readonly budget: Budget;
  readonly neighbours: Neighbours;
  readonly network: PodNetwork;
  readonly settings: Omit<TraceSettings, 'jobScope' | 'scopeSpanId'>;
  readonly agents: AgentEdges;
}

/** The job whose activity it is. */
export interface ActiveJob {
  readonly scope: Scope;
  /** The job's own and those of its steps. */
  readonly scopes: () => Scope[];
  readonly names: StepNames;
  readonly writer: JobWriter;
  /** Its working folder; `null` where it is not known. */
  readonly workspace: () => string | null;
}

/** What the processes of one job do: each thing is given to those who count it, tell it in spans and look for attacks in it. */
export class JobActivity {
  readonly executions = new ExecutionCounts();
  readonly hosts = new Set<string>();
  readonly #job: ActiveJob;
  readonly #settings: ActivityOptions['settings'];
  readonly #processes: ProcessSpans;
  readonly #lookups: LookupSpans;
  readonly #connections: ConnectionSpans;
  readonly #findings: FindingSpans;
  readonly #agents: AgentSpans;
  readonly #outlived = new Outlived();

  constructor(job: ActiveJob, options: ActivityOptions) {
    const { settings, budget } = options;
    this.#job = job;
    this.#settings = settings;
    this.#processes = new ProcessSpans(job.writer, budget, {
      ...settings,
      jobScope: job.scope,
      scopeSpanId: ({ step }, ids) => (step === null ? ids.jobSpanId : job.names.freeze(step, ids).spanId),
    });
    this.#lookups = new LookupSpans(this.#processes, budget);
    this.#findings = this.#createFindings(options);
    this.#connections = new ConnectionSpans(this.#processes, (contacted, stage, time) =>
      this.#findings.detect.contacted(contacted, stage, time),
    );
    this.#agents = new AgentSpans(this.#processes, options.agents, {
      declared: () => settings.policy().agents,
      offset: settings.offset,
      found: (hit, node, time) => this.#foundOf(hit, node, time),
    });
  }

  started(
    { image, event }: { image: ProcessImage; event: ExecEvent },
    scope: Scope,
    place: { parent: ProcessNode | null; isStepRoot: boolean },
  ): ProcessNode {
    this.executions.add(processName(image, this.#job.writer.redactor));
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

  /** A process of this scope ended, having used this. */
  used(usage: Usage, scope: Scope): void {
    scope.usage.add(usage);
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
  opened(event: OpeningEvent): boolean {
    return this.#connections.opened(event);
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

  touched(event: FileEvent, scope: Scope, node: ProcessNode | null): void {
    if (node !== null) this.#findings.detect.touched(event, node);
    const surroundings = { workspace: this.#job.workspace(), asked: this.#settings.policy().files.paths };
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
    this.#findings.detect.ofJob(hit, this.#job.scope, time);
  }

  /** Finds what a tool call or an agent left running, and gives what has waited for an agent's word long enough. */
  settle(now: bigint): void {
    for (const survivor of this.#outlived.due(now)) this.#findings.detect.outlived(survivor, now);
    this.#agents.settle(now);
  }

  /** A step is over: finds what it left running. */
  stepSettled(scope: Scope, now: bigint): void {
    for (const node of stillRunning(scope.running)) this.#findings.detect.leftRunning(node, now);
  }

  /** Tells the connections that are open at this time as being so. */
  endConnections(time: bigint): void {
    this.#connections.endAll(time);
  }

  /** Nothing that an agent tells after this finds a place. */
  endAgents(): void {
    this.#agents.close();
  }

  /** Gives the findings of this scope that wait for the ends of their processes. */
  giveFindings(scope: Scope): void {
    this.#findings.ended(scope, null);
  }

  /** Gives everything of this scope that waits or is folded. */
  flush(scope: Scope): void {
    this.#lookups.ended(scope, null);
    this.#findings.ended(scope, null);
    this.#processes.flush(scope);
  }

  /** What only the job's span tells, since no step counts it. */
  totals(): Attributes {
    const { forgotten } = this.#findings.detect;
    const { folded, lateWords } = this.#agents;
    return {
      [hostsCount]: this.hosts.size,
      ...this.#lookups.totals(),
      ...(forgotten === 0 ? {} : { [findingsForgotten]: forgotten }),
      ...(folded === 0 ? {} : { [foldedAgents]: folded }),
      ...(lateWords === 0 ? {} : { [agentWordsLate]: lateWords }),
    };
  }

  /** Of a process that may have ended, with all that was to be told of it. */
  #foundOf(hit: Hit, node: ProcessNode, time: bigint): void {
    this.#findings.detect.ofProcess(hit, node, time);
    if (node.image.end !== null) this.#findings.ended(node.scope, node);
  }

  #createFindings({ runner, neighbours, network, settings }: ActivityOptions): FindingSpans {
    const { names, scopes, workspace, writer } = this.#job;
    const job = {
      runner,
      ...neighbours,
      workspace,
      wasResolved: (address: string) => scopes().some((scope) => this.#lookups.wasResolved(address, scope)),
      readsAnswers: () => this.#lookups.readsAnswers,
      egress: () => settings.policy().egress,
      leadsOut: (address: string) => !network.addresses.includes(address),
      isOpenHost: (name: string) => network.openHosts.includes(name),
    };
    return new FindingSpans({ processes: this.#processes, writer }, job, {
      stepName: ({ step }, ids) => (step === null ? null : names.freeze(step, ids).name),
      stepNow: ({ step }) => step && { ...names.now(step), ordinal: step.view.ordinal },
      offset: settings.offset,
    });
  }
}

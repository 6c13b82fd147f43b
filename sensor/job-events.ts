import type { CodingAgent } from './agents/agent.ts';
import type { Said } from './agents/words/receiver.ts';
import type { FileEvent } from './decode/file-events.ts';
import type { KernelEvent } from './decode/kernel-events.ts';
import type { DnsEvent, OpeningEvent } from './decode/name-events.ts';
import type { CredentialsEvent, ExecEvent, ExitEvent } from './decode/process-events.ts';
import type { MemoryEvent, PrivilegeEvent } from './decode/reach-events.ts';
import type { CloseEvent, SocketEvent, SpeakerEvent } from './decode/socket-events.ts';
import { createEngine, detectEngine, type EngineSources } from './engines/choose.ts';
import type { EngineName } from './engines/engine.ts';
import type { Neighbour } from './findings/detector.ts';
import { Attribution, type JobStart, type Place } from './lineage/attribution.ts';
import type { Coverage } from './lineage/coverage.ts';
import type { ProcessImage, ProcessTable } from './lineage/process-table.ts';
import type { ConnectionStart } from './spans/connection-end.ts';
import type { Neighbours } from './spans/job-activity.ts';
import type { JobTrace } from './spans/job-trace.ts';
import type { ProcessNode } from './spans/process-node.ts';
import { memoryNote } from './spans/reach-note.ts';

export interface JobEventsOptions {
  readonly sources: EngineSources;
  readonly engine: EngineName | 'auto';
  readonly table: ProcessTable;
  /** Told of what belongs to no job. */
  readonly coverage: Coverage;
  /** Of a connection that is the sensor's own doing: it is of no job. */
  readonly isToSensor: (event: ConnectionStart) => boolean;
  readonly openJob: (job: JobStart) => JobTrace;
  /** A process was placed in the job, or the one that did the job ended: more may be known of who the job is. */
  readonly onPlaced: (job: JobTrace) => void;
  readonly onJobEnd: () => void;
}

type Consumers = { readonly [Kind in KernelEvent['kind']]: (event: Extract<KernelEvent, { kind: Kind }>) => void };

/** Gives each kernel event to the job, step and process that it belongs to. */
export class JobEvents {
  attribution: Attribution;
  /** No engine has shown itself yet: what was gathered as generic is dropped when one does. */
  isUndecided: boolean;
  readonly #options: JobEventsOptions;
  /** For jobs that ask who a process is that one of theirs wants something of. */
  readonly neighbours: Neighbours = {
    withImage: (id) => this.#neighbour(this.#options.table.find(id)),
    withPid: (pid) => this.#neighbour(this.#options.table.findByPid(pid)),
  };
  #nodes = new WeakMap<ProcessImage, { job: JobTrace; node: ProcessNode }>();
  readonly #consumers: Consumers = {
    fork: (event) => this.#options.table.fork(event),
    exec: (event) => this.#executed(event),
    exit: (event) => this.#exited(event),
    connect: (event) => this.#connected(event),
    accept: (event) => this.#connected(event),
    unix: (event) => this.#connected(event),
    close: (event) => this.#disconnected(event),
    socket: (event) => this.#madeSocket(event),
    dns: (event) => this.#heard(event),
    opening: (event) => this.#opened(event),
    argv: (event) => this.#options.table.argv(event),
    credentials: (event) => this.#credentialsChanged(event),
    file: (event) => this.#fileTouched(event),
    memory: (event) => this.#memoryAccessed(event),
    privilege: (event) => this.#privilegeTaken(event),
    speaker: () => {},
  };

  constructor(options: JobEventsOptions) {
    this.#options = options;
    this.isUndecided = options.engine === 'auto';
    this.attribution = this.#attributionFor(options.engine === 'auto' ? 'generic' : options.engine);
  }

  consume(event: KernelEvent): void {
    (this.#consumers[event.kind] as (event: KernelEvent) => void)(event);
  }

  /** The coding agent that asked for a connection; `null` if whoever did is none. */
  agentOf(speaker: SpeakerEvent): CodingAgent | null {
    const agent = this.#placeOf(speaker)?.node?.agent ?? null;
    return agent?.isAgent === true ? agent.session.agent : null;
  }

  /** What somebody told in the way of a coding agent. */
  told({ speaker, words, isWhole }: Said, time: bigint): void {
    const place = this.#placeOf(speaker);
    if (place?.node != null) place.job.activity.agentTold({ words, isWhole }, place.node, time);
  }

  /** Nothing more will come that could show another engine. */
  settleForGeneric(): void {
    this.isUndecided = false;
  }

  /** Images ended, each before those above it. */
  imagesEnded(images: readonly ProcessImage[]): void {
    for (const image of images) {
      this.attribution.imageEnded(image);
      const known = this.#nodes.get(image);
      known?.job.activity.ended(known.node);
      this.#options.table.forgetArguments(image);
    }
  }

  #executed(event: ExecEvent): void {
    this.#decideEngine(event);
    const image = this.#options.table.exec(event);
    if (event.isRunner && this.attribution.engine.isRunner(event) && this.attribution.runnerBegan(event)) return;
    const place = this.attribution.placeProcess(event, image);
    if (place === null) {
      this.#options.coverage.outside += 1;
      return;
    }
    const { job, scope, isStepRoot } = place;
    const above = image.parent === null ? undefined : this.#nodes.get(image.parent);
    const parent = above?.job === job ? above.node : null;
    this.#nodes.set(image, { job, node: job.activity.started({ image, event }, scope, { parent, isStepRoot }) });
    this.#options.onPlaced(job);
  }

  #exited(event: ExitEvent): void {
    const images = this.#options.table.exit(event);
    const place = event.usage === null ? null : this.#placeOf(event);
    if (event.usage !== null) place?.job.activity.used(event.usage, place.scope);
    this.imagesEnded(images);
    const ended = this.attribution.processEnded(event);
    for (const job of ended) this.#options.onPlaced(job);
    if (ended.length > 0) this.#options.onJobEnd();
  }

  #connected(event: ConnectionStart): void {
    if (this.#options.isToSensor(event)) return;
    const place = this.#placeOf(event);
    if (place === null) this.#options.coverage.outside += 1;
    else if (!place.job.activity.connected(event, place.scope, place.node)) this.#options.coverage.unfollowed += 1;
  }

  /** The end of what began outside of any job, or was told as open at a job's end, is nobody's. */
  #disconnected(event: CloseEvent): void {
    for (const job of this.attribution.jobs) if (job.activity.disconnected(event)) return;
  }

  #heard(event: DnsEvent): void {
    const place = this.#placeOf(event);
    place?.job.activity.heard(event, place.scope, place.node);
  }

  #opened(event: OpeningEvent): void {
    for (const job of this.attribution.jobs) if (job.activity.opened(event)) return;
  }

  #madeSocket(event: SocketEvent): void {
    const place = this.#placeOf(event);
    if (place === null) this.#options.coverage.outside += 1;
    else place.job.activity.madeSocket(event, place.scope, place.node);
  }

  #credentialsChanged(event: CredentialsEvent): void {
    const place = this.#placeOf(event);
    place?.job.activity.credentialsChanged(event, place.scope, place.node);
  }

  #memoryAccessed(event: MemoryEvent): void {
    const place = this.#placeOf(event);
    const target = event.target.image === null ? null : this.#options.table.find(event.target.image);
    place?.job.activity.memoryAccessed(event, memoryNote(event, target), place);
  }

  #neighbour(image: ProcessImage | null): Neighbour | null {
    return image && { image, scope: this.#nodes.get(image)?.node.scope ?? null };
  }

  #privilegeTaken(event: PrivilegeEvent): void {
    const place = this.#placeOf(event);
    place?.job.activity.privilegeTaken(event, place.scope, place.node);
  }

  #fileTouched(event: FileEvent): void {
    const place = this.#placeOf(event);
    place?.job.activity.touched(event, place.scope, place.node);
  }

  /** Where what a process did belongs; `null`: outside of every job. */
  #placeOf(event: KernelEvent): (Place & { node: ProcessNode | null }) | null {
    const image = this.#options.table.find(event.image);
    const known = image === null ? undefined : this.#nodes.get(image);
    if (known !== undefined) return { ...known, scope: known.node.scope };
    const place = this.attribution.placeUnknown(event);
    return place && { ...place, node: null };
  }

  #decideEngine(event: ExecEvent): void {
    const name = this.isUndecided ? detectEngine(event) : null;
    if (name === null) return;
    this.isUndecided = false;
    for (const job of this.attribution.jobs)
      this.#options.coverage.outside += job.total((scope) => scope.processes + scope.connections);
    this.#nodes = new WeakMap();
    this.attribution = this.#attributionFor(name);
  }

  #attributionFor(name: EngineName): Attribution {
    const engine = createEngine(name, this.#options.sources);
    return new Attribution(engine, this.#options.openJob, this.#options.coverage);
  }
}

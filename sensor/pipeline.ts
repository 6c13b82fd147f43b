import { coverageTier } from '../crds/attributes.ts';
import type {
  CloseEvent,
  CredentialsEvent,
  DnsEvent,
  ExecEvent,
  ExitEvent,
  FileEvent,
  HelloEvent,
  KernelEvent,
  MemoryEvent,
  OpeningEvent,
  PrivilegeEvent,
  ProbeEvent,
  SocketEvent,
  StatsEvent,
} from './decode/events.ts';
import { createEngine, detectEngine, type EngineSources } from './engines/choose.ts';
import type { EngineName } from './engines/engine.ts';
import type { DeliveryWord } from './export/delivery-attributes.ts';
import { watchAttributes } from './files/watch-attributes.ts';
import { Attribution, type JobStart, type Place } from './lineage/attribution.ts';
import { Coverage } from './lineage/coverage.ts';
import { type ProcessImage, ProcessTable } from './lineage/process-table.ts';
import { later } from './lineage/time.ts';
import { type Budget, defaultBudget } from './spans/budget.ts';
import type { ConnectionStart } from './spans/connection-end.ts';
import { coverageAttributes } from './spans/coverage-attributes.ts';
import type { Attributes, UnixNanos } from './spans/finished-span.ts';
import type { JobSummary } from './spans/job-summary.ts';
import { JobTrace } from './spans/job-trace.ts';
import type { SpanSink } from './spans/job-writer.ts';
import { noPolicy, type PolicyView, policyAttributes } from './spans/policy-view.ts';
import type { ProcessNode } from './spans/process-node.ts';
import { memoryNote } from './spans/reach-note.ts';
import { RedactorCache } from './spans/redact.ts';
import type { SecretHints } from './spans/redaction/masks.ts';
import { sensorAttributes, sensorReport } from './spans/sensor-attributes.ts';
import { summarizeJobs } from './spans/summarize.ts';

export interface PipelineOptions extends EngineSources {
  /** `auto`: by the first runner that executes; generic if none did by the end, until when spans wait. */
  readonly engine: EngineName | 'auto';
  /** Resource attributes that are known beforehand, such as `k8s.*`. */
  readonly resource?: Attributes;
  /** Asked whenever it matters, since a policy can change while a job runs; default: none. */
  readonly policy?: () => PolicyView;
  /** CLOCK_REALTIME − CLOCK_BOOTTIME in nanoseconds; the probe's hello, the first event, overrides it. */
  readonly clockOffset?: bigint;
  readonly budget?: Budget;
  /** Spans as they end, children before parents. `resource` is one object a job. */
  readonly onSpans: SpanSink;
  /** A job ended; its span follows with the next `flushed` event, so that everything before it is in. */
  readonly onJobEnd?: () => void;
  /** Asked when a job's span is made: how the delivery of spans stands. Default: nothing is said of it. */
  readonly delivery?: () => DeliveryWord;
}

export interface Pipeline {
  push(event: ProbeEvent): void;
  /** Gives what has become ready with time alone; call it every second or so. */
  tick(now: UnixNanos): void;
  /** Ends everything that still runs, at `endTime`; nothing may be pushed afterwards. */
  finish(endTime: UnixNanos): JobSummary;
}

/** Events in, spans out. Keeps no clock and does no I/O besides asking `jobLogs`. */
export function createPipeline(options: PipelineOptions): Pipeline {
  return new JobPipeline(options);
}

/** How long a job's span waits for the probe's last word. */
const sealNanos = 5_000_000_000n;
/** How often a stream of events is looked at for steps that are over. */
const settleEveryNanos = 100_000_000n;
/** A runner that is not ephemeral does one job after the other; of so many the steps are remembered, for what they left behind. */
const maxJobs = 32;

type Consumers = { readonly [Kind in KernelEvent['kind']]: (event: Extract<KernelEvent, { kind: Kind }>) => void };

class JobPipeline implements Pipeline {
  readonly #consumers: Consumers = {
    fork: () => {},
    exec: (event) => this.#executed(event),
    exit: (event) => this.#exited(event),
    connect: (event) => this.#connected(event),
    accept: (event) => this.#connected(event),
    unix: (event) => this.#connected(event),
    close: (event) => this.#disconnected(event),
    socket: (event) => this.#madeSocket(event),
    dns: (event) => this.#heard(event),
    opening: (event) => this.#opened(event),
    argv: (event) => this.#table.argv(event),
    credentials: (event) => this.#credentialsChanged(event),
    file: (event) => this.#fileTouched(event),
    memory: (event) => this.#memoryAccessed(event),
    privilege: (event) => this.#privilegeTaken(event),
  };
  readonly #options: PipelineOptions;
  readonly #budget: Budget;
  readonly #policy: () => PolicyView;
  readonly #coverage = new Coverage();
  readonly #table: ProcessTable;
  readonly #redactors = new RedactorCache();
  readonly #takenJobIds = new Set<string>();
  #attribution: Attribution;
  #nodes = new WeakMap<ProcessImage, { job: JobTrace; node: ProcessNode }>();
  /** No engine has shown itself yet: what was gathered as generic is dropped when one does. */
  #undecided: boolean;
  /** From the probe's clock to the time that {@link Pipeline.tick} is given. */
  #offset: bigint;
  /** From the probe's clock to Unix time, as the clock is set now. A job keeps what it began with, so that its spans agree. */
  #wallOffset: bigint;
  /** Of the latest event, in nanoseconds since boot: nothing ends before it. */
  #latest = 0n;
  /** When steps were last settled, in nanoseconds since boot. */
  #settled = 0n;
  #hello: HelloEvent | null = null;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#budget = options.budget ?? defaultBudget;
    this.#policy = options.policy ?? (() => noPolicy);
    this.#offset = options.clockOffset ?? 0n;
    this.#wallOffset = this.#offset;
    this.#table = new ProcessTable({ maxDepth: this.#budget.depth });
    this.#undecided = options.engine === 'auto';
    this.#attribution = this.#attributionFor(options.engine === 'auto' ? 'generic' : options.engine);
  }

  push(event: ProbeEvent): void {
    if (event.kind === 'hello') this.#hear(event);
    else if (event.kind === 'stats') this.#account(event);
    else if (event.kind === 'flushed') this.#flushed();
    else if (event.kind === 'undecoded') this.#coverage.undecoded(event);
    else if (event.kind === 'unanswered') this.#coverage.unanswered += 1;
    else this.#pushKernelEvent(event);
  }

  tick(now: UnixNanos): void {
    const time = now - this.#offset;
    this.#settle(time);
    for (const job of this.#attribution.jobs) {
      this.#identify(job);
      if (job.end !== null && time - job.end >= sealNanos) this.#seal(job);
    }
    this.#attribution.forget(maxJobs);
  }

  finish(endTime: UnixNanos): JobSummary {
    const time = later(endTime - this.#offset, this.#latest);
    const { engine, jobs } = this.#attribution;
    this.#undecided = false;
    // Somebody must say that nothing happened, or why nothing was seen; after a restart it was said before.
    const isSaid = engine.jobsBeginWith === 'anything' || this.#options.identity.kind === 'command';
    if (jobs.length === 0 && isSaid && (this.#hello?.restarts ?? 0) === 0) jobs.push(this.#emptyJob(time));
    for (const job of jobs) job.endConnections(time);
    this.#imagesEnded(this.#table.endAll(time));
    for (const job of jobs) {
      job.end ??= time;
      if (engine.jobsBeginWith === 'anything') job.result = job.steps.outermost()[0]?.result ?? null;
      this.#seal(job);
      job.flush();
    }
    const coverage = this.#coverage.report(this.#table.shed);
    return { engine: engine.name, ...summarizeJobs(jobs), coverage, sensor: sensorReport(this.#hello) };
  }

  /** Of a command that came to no job, such as a runner that found no workflow. */
  #emptyJob(time: bigint): JobTrace {
    const { idle } = this.#attribution;
    const job = this.#openJob({ key: null, runner: null, start: idle?.start ?? time, resumed: false });
    job.end = idle?.end ?? null;
    job.result = idle?.result ?? null;
    return job;
  }

  #pushKernelEvent(event: KernelEvent): void {
    this.#coverage.seen(event);
    (this.#consumers[event.kind] as (event: KernelEvent) => void)(event);
    this.#latest = later(this.#latest, event.time);
    if (event.time - this.#settled >= settleEveryNanos) this.#settle(event.time);
  }

  #settle(time: bigint): void {
    this.#settled = time;
    for (const job of this.#attribution.jobs) if (!job.sealed) job.settle(time);
  }

  #hear(event: HelloEvent): void {
    this.#hello = event;
    this.#offset = event.realtimeOffsetNs;
    this.#wallOffset = event.realtimeOffsetNs;
    this.#coverage.hello(event);
  }

  #account(event: StatsEvent): void {
    this.#wallOffset = event.realtimeOffsetNs;
    this.#coverage.stats(event);
  }

  #executed(event: ExecEvent): void {
    this.#decideEngine(event);
    const image = this.#table.exec(event);
    if (event.isRunner && this.#attribution.engine.isRunner(event)) {
      this.#attribution.runnerBegan(event);
      return;
    }
    const place = this.#attribution.placeProcess(event, image);
    if (place === null) {
      this.#coverage.outside += 1;
      return;
    }
    const { job, scope, isStepRoot } = place;
    const above = image.parent === null ? undefined : this.#nodes.get(image.parent);
    const parent = above?.job === job ? above.node : null;
    this.#nodes.set(image, { job, node: job.started(image, scope, { parent, isStepRoot }) });
    this.#identify(job);
  }

  #exited(event: ExitEvent): void {
    const images = this.#table.exit(event);
    const place = event.usage === null ? null : this.#placeOf(event);
    if (event.usage !== null) place?.job.used(event.usage, place.scope);
    this.#imagesEnded(images);
    const ended = this.#attribution.processEnded(event);
    for (const job of ended) this.#identify(job);
    if (ended.length > 0) this.#options.onJobEnd?.();
  }

  #imagesEnded(images: readonly ProcessImage[]): void {
    for (const image of images) {
      this.#attribution.imageEnded(image);
      const known = this.#nodes.get(image);
      known?.job.ended(known.node);
      this.#table.forgetArguments(image);
    }
  }

  #connected(event: ConnectionStart): void {
    const place = this.#placeOf(event);
    if (place === null) this.#coverage.outside += 1;
    else if (!place.job.connected(event, place.scope, place.node)) this.#coverage.unfollowed += 1;
  }

  /** The end of what began outside of any job, or was told as open at a job's end, is nobody's. */
  #disconnected(event: CloseEvent): void {
    for (const job of this.#attribution.jobs) if (job.disconnected(event)) return;
  }

  #heard(event: DnsEvent): void {
    const place = this.#placeOf(event);
    place?.job.heard(event, place.scope, place.node);
  }

  #opened(event: OpeningEvent): void {
    for (const job of this.#attribution.jobs) if (job.opened(event)) return;
  }

  #madeSocket(event: SocketEvent): void {
    const place = this.#placeOf(event);
    if (place === null) this.#coverage.outside += 1;
    else place.job.madeSocket(event, place.scope, place.node);
  }

  #credentialsChanged(event: CredentialsEvent): void {
    const place = this.#placeOf(event);
    place?.job.credentialsChanged(event, place.scope, place.node);
  }

  #memoryAccessed(event: MemoryEvent): void {
    const place = this.#placeOf(event);
    const target = event.target.image === null ? null : this.#table.find(event.target.image);
    place?.job.memoryAccessed(memoryNote(event, target), place.scope, place.node);
  }

  #privilegeTaken(event: PrivilegeEvent): void {
    const place = this.#placeOf(event);
    place?.job.privilegeTaken(event, place.scope, place.node);
  }

  /** Where what a process did belongs; `null`: outside of every job. */
  #placeOf(event: KernelEvent): (Place & { node: ProcessNode | null }) | null {
    const image = this.#table.find(event.image);
    const known = image === null ? undefined : this.#nodes.get(image);
    if (known !== undefined) return { ...known, scope: known.node.scope };
    const place = this.#attribution.placeUnknown(event);
    return place && { ...place, node: null };
  }

  #fileTouched(event: FileEvent): void {
    const place = this.#placeOf(event);
    place?.job.touched(event, place.scope, place.node);
  }

  #decideEngine(event: ExecEvent): void {
    const name = this.#undecided ? detectEngine(event) : null;
    if (name === null) return;
    this.#undecided = false;
    for (const job of this.#attribution.jobs)
      this.#coverage.outside += job.total((scope) => scope.processes + scope.connections);
    this.#nodes = new WeakMap();
    this.#attribution = this.#attributionFor(name);
  }

  #attributionFor(name: EngineName): Attribution {
    const engine = createEngine(name, this.#options);
    return new Attribution(engine, (job) => this.#openJob(job), this.#coverage);
  }

  #openJob(job: JobStart): JobTrace {
    const offset = this.#wallOffset;
    const settings = {
      offset: () => offset,
      policy: this.#policy,
      redact: (hints: SecretHints) => this.#redactors.for(this.#policy().redact, hints),
    };
    const { engine } = this.#attribution;
    return new JobTrace({ ...job, engine, budget: this.#budget, settings, sink: this.#options.onSpans });
  }

  /** Until an engine has shown itself, nobody knows whose job this is. */
  #identify(job: JobTrace): void {
    if (this.#undecided) return;
    job.identify(this.#takenJobIds, () => ({ ...this.#options.resource, ...sensorAttributes(this.#hello) }));
  }

  #flushed(): void {
    this.#coverage.flushed();
    for (const job of this.#attribution.jobs) if (job.end !== null) this.#seal(job);
  }

  #seal(job: JobTrace): void {
    this.#identify(job);
    const report = this.#coverage.report(this.#table.shed);
    const delivery = this.#options.delivery?.() ?? { attributes: {}, lost: 0 };
    const coverage = coverageAttributes({ ...report, complete: report.complete && delivery.lost === 0 });
    const policy = this.#policy();
    const said = { ...policyAttributes(policy), ...watchAttributes(this.#hello, policy) };
    job.seal({ ...said, [coverageTier]: this.#hello?.tier ?? 'blind', ...coverage, ...delivery.attributes });
  }
}

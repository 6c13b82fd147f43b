import { coverageTier } from '../crds/attributes.ts';
import type { CodingAgent } from './agents/agent.ts';
import type { AgentEdges } from './agents/agent-spans.ts';
import { leadsToReceiver } from './agents/words/own-connection.ts';
import type { Said } from './agents/words/receiver.ts';
import type { KernelEvent } from './decode/kernel-events.ts';
import type { HelloEvent, ProbeEvent, StatsEvent } from './decode/probe-events.ts';
import type { SpeakerEvent } from './decode/socket-events.ts';
import type { EngineSources } from './engines/choose.ts';
import type { EngineName } from './engines/engine.ts';
import type { DeliveryWord } from './export/delivery-attributes.ts';
import { watchAttributes } from './files/watch-attributes.ts';
import { jobConditions } from './findings/job-conditions.ts';
import { JobEvents } from './job-events.ts';
import type { JobStart } from './lineage/attribution.ts';
import { Coverage } from './lineage/coverage.ts';
import { ProcessTable } from './lineage/process-table.ts';
import { later } from './lineage/time.ts';
import { type PodNetwork, unknownNetwork } from './policy/egress-view.ts';
import { type Budget, defaultBudget } from './spans/budget.ts';
import { coverageAttributes } from './spans/coverage-attributes.ts';
import type { Attributes, UnixNanos } from './spans/finished-span.ts';
import type { JobSummary } from './spans/job-summary.ts';
import { JobTrace } from './spans/job-trace.ts';
import type { FindingSink, SpanSink } from './spans/job-writer.ts';
import { noPolicy, type PolicyView, policyAttributes } from './spans/policy-view.ts';
import { RedactorCache } from './spans/redact.ts';
import type { SecretHints } from './spans/redaction/masks.ts';
import { sensorAttributes, sensorReport } from './spans/sensor-attributes.ts';
import { summarizeJobs } from './spans/summarize.ts';
import { type TaskResult, whyNotExecuted } from './spans/task-span.ts';

export interface PipelineOptions extends EngineSources {
  /** `auto`: by the first runner that executes; generic if none did by the end, until when spans wait. */
  readonly engine: EngineName | 'auto';
  /** Resource attributes that are known beforehand, such as `k8s.*`. */
  readonly resource?: Attributes;
  /** Asked whenever it matters, since a policy can change while a job runs; default: none. */
  readonly policy?: () => PolicyView;
  /** Default: nothing is known of it. */
  readonly network?: PodNetwork;
  /** CLOCK_REALTIME − CLOCK_BOOTTIME in nanoseconds; the probe's hello, the first event, overrides it. */
  readonly clockOffset?: bigint;
  readonly budget?: Budget;
  /** Spans as they end, children before parents. `resource` is one object a job. */
  readonly onSpans: SpanSink;
  /** What looks like an attack, at the moment that it is found; its span follows when the process that did it has ended. Default: nobody is told. */
  readonly onFinding?: FindingSink;
  /** Default: executions below agents come without the variables that agents give, no file is read, and nobody hears them. */
  readonly agents?: Partial<AgentEdges>;
  /** A job ended; its span follows with the next `flushed` event, so that everything before it is in. */
  readonly onJobEnd?: () => void;
  /** Asked when a job's span is made: how the delivery of spans stands. Default: nothing is said of it. */
  readonly delivery?: () => DeliveryWord;
}

export interface Pipeline {
  push(event: ProbeEvent): void;
  /** The coding agent at the other end of a connection; `null` if it is none, or of no job. */
  agentOf(speaker: SpeakerEvent): CodingAgent | null;
  /** Takes what a coding agent, or whoever poses as one, told of itself. */
  hear(said: Said): void;
  /** Gives what has become ready with time alone; call it every second or so. */
  tick(now: UnixNanos): void;
  /**
   * Ends everything that still runs, at `endTime`; nothing may be pushed afterwards. `status`: of a command, as a shell tells it, which
   * says why where the kernel saw nothing executed.
   */
  finish(endTime: UnixNanos, status?: number): JobSummary;
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

const blindToAgents: AgentEdges = {
  onAgent: () => {},
  versionOf: () => null,
  areHeard: false,
  heardAt: () => null,
};

class JobPipeline implements Pipeline {
  readonly #options: PipelineOptions;
  readonly #budget: Budget;
  readonly #policy: () => PolicyView;
  readonly #agents: AgentEdges;
  readonly #coverage = new Coverage();
  readonly #table: ProcessTable;
  readonly #redactors = new RedactorCache();
  readonly #takenJobIds = new Set<string>();
  readonly #events: JobEvents;
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
    this.#agents = { ...blindToAgents, ...options.agents };
    this.#offset = options.clockOffset ?? 0n;
    this.#wallOffset = this.#offset;
    this.#table = new ProcessTable({ maxDepth: this.#budget.depth });
    this.#events = new JobEvents({
      sources: options,
      engine: options.engine,
      table: this.#table,
      coverage: this.#coverage,
      isToSensor: (event) => leadsToReceiver(event, this.#agents.heardAt()),
      openJob: (job) => this.#openJob(job),
      onPlaced: (job) => this.#identify(job),
      onJobEnd: () => options.onJobEnd?.(),
    });
  }

  push(event: ProbeEvent): void {
    if (event.kind === 'hello') this.#hear(event);
    else if (event.kind === 'stats') this.#account(event);
    else if (event.kind === 'flushed') this.#flushed();
    else if (event.kind === 'undecoded') this.#coverage.undecoded(event);
    else if (event.kind === 'unanswered') this.#coverage.unanswered += 1;
    else this.#pushKernelEvent(event);
  }

  agentOf(speaker: SpeakerEvent): CodingAgent | null {
    return this.#events.agentOf(speaker);
  }

  hear(said: Said): void {
    // What was told before this process was started is not known.
    const isWhole = said.isWhole && (this.#hello?.restarts ?? 0) === 0;
    this.#events.told({ ...said, isWhole }, this.#latest);
  }

  tick(now: UnixNanos): void {
    const time = now - this.#offset;
    this.#settle(time);
    for (const job of this.#events.attribution.jobs) {
      this.#identify(job);
      this.#watch(job);
      if (job.end !== null && time - job.end >= sealNanos) this.#seal(job);
    }
    this.#tellEarly();
    this.#events.attribution.forget(maxJobs);
  }

  finish(endTime: UnixNanos, status = 0): JobSummary {
    const time = later(endTime - this.#offset, this.#latest);
    const { engine, jobs } = this.#events.attribution;
    this.#events.settleForGeneric();
    if (jobs.length === 0 && this.#saysNothingHappened()) jobs.push(this.#emptyJob(time, status));
    for (const job of jobs) job.endConnections(time);
    this.#events.imagesEnded(this.#table.endAll(time));
    for (const job of jobs) {
      job.end ??= time;
      if (engine.jobsBeginWith === 'anything') job.result = this.#resultOfAll(job);
      if (job.notExecuted !== null) job.result = 'failure';
      this.#seal(job);
      job.flush();
    }
    const coverage = this.#coverage.report(this.#table.shed);
    return { engine: engine.name, ...summarizeJobs(jobs), coverage, sensor: sensorReport(this.#hello) };
  }

  /** Of a command the exit of its process says it, of a pod those of its containers. */
  #resultOfAll(job: JobTrace): TaskResult | null {
    const [step] = job.steps.outermost();
    const { result } = this.#events.attribution.containers;
    if (step?.result === null && result !== null) step.conclusion = { result, source: 'container' };
    return step?.result ?? null;
  }

  /** Somebody must say that nothing happened, or why nothing was seen; after a restart it was said before. */
  #saysNothingHappened(): boolean {
    const isOurs =
      this.#events.attribution.engine.jobsBeginWith === 'anything' || this.#options.identity.kind === 'command';
    return isOurs && (this.#hello?.restarts ?? 0) === 0;
  }

  /** Of a command that came to no job, such as a runner that found no workflow. */
  #emptyJob(time: bigint, status: number): JobTrace {
    const { idle } = this.#events.attribution;
    const job = this.#openJob({ key: null, runner: null, start: idle?.start ?? time, resumed: false });
    job.end = idle?.end ?? null;
    job.result = idle?.result ?? null;
    const nothingRan = this.#coverage.report(this.#table.shed).produced.exec === 0;
    if (idle === null && nothingRan) job.notExecuted = whyNotExecuted(status);
    return job;
  }

  #pushKernelEvent(event: KernelEvent): void {
    this.#coverage.seen(event);
    this.#events.consume(event);
    this.#tellEarly();
    this.#latest = later(this.#latest, event.time);
    if (event.time - this.#settled >= settleEveryNanos) this.#settle(event.time);
  }

  #settle(time: bigint): void {
    this.#settled = time;
    for (const job of this.#events.attribution.jobs) if (!job.sealed) job.settle(time);
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

  #openJob(job: JobStart): JobTrace {
    const offset = this.#wallOffset;
    const settings = {
      offset: () => offset,
      policy: this.#policy,
      redact: (hints: SecretHints) => this.#redactors.for(this.#policy().redact, hints),
    };
    const { engine } = this.#events.attribution;
    const { neighbours } = this.#events;
    const network = this.#options.network ?? unknownNetwork;
    const { onSpans, onFinding = () => {} } = this.#options;
    const sinks = { onSpans, onFinding };
    const agents = this.#agents;
    return new JobTrace({ ...job, engine, neighbours, network, budget: this.#budget, settings, sinks, agents });
  }

  /** What was found does not wait until an engine has shown itself: none may. */
  #tellEarly(): void {
    if (this.#events.isUndecided) for (const job of this.#events.attribution.jobs) job.tellEarly();
  }

  /** Until an engine has shown itself, nobody knows whose job this is. */
  #identify(job: JobTrace): void {
    if (this.#events.isUndecided) return;
    job.identify(this.#takenJobIds, () => ({ ...this.#options.resource, ...sensorAttributes(this.#hello) }));
  }

  #flushed(): void {
    this.#coverage.flushed();
    for (const job of this.#events.attribution.jobs) if (job.end !== null) this.#seal(job);
  }

  /** What is to be found of the job as a whole. */
  #watch(job: JobTrace): void {
    const hits = jobConditions({ ...this.#coverage.standing, isPolicyForged: this.#policy().isForged });
    for (const hit of hits) job.found(hit, later(job.start, this.#latest));
  }

  #seal(job: JobTrace): void {
    this.#identify(job);
    this.#watch(job);
    const report = this.#coverage.report(this.#table.shed);
    const delivery = this.#options.delivery?.() ?? { attributes: {}, lost: 0 };
    const coverage = coverageAttributes({ ...report, complete: report.complete && delivery.lost === 0 });
    const policy = this.#policy();
    const said = { ...policyAttributes(policy), ...watchAttributes(this.#hello, policy) };
    job.seal({ ...said, [coverageTier]: this.#hello?.tier ?? 'blind', ...coverage, ...delivery.attributes });
  }
}

import type { Finding } from '../../crds/finding.ts';
import type { JobIdentity } from '../engines/engine.ts';
import { type Budget, type Sacrifice, sacrifices } from './budget.ts';
import type { Attributes, FinishedSpan } from './finished-span.ts';
import { type JobIds, receiverIds } from './ids.ts';
import { otlpSize } from './otlp-size.ts';
import type { TraceScope } from './policy-view.ts';
import type { Redactor } from './redact.ts';
import { noHints, type SecretHints } from './redaction/masks.ts';
import { scrubAttributes, scrubSpan } from './scrub-span.ts';

/** Makes a span once the job's ids and the engine's word on its secrets are known. */
export type SpanBuilder = (ids: JobIds, redact: Redactor) => FinishedSpan;

export type SpanSink = (spans: FinishedSpan[], resource: Attributes) => void;

/** Findings on their way to people; the same one again has the same id and a higher count. */
export type FindingSink = (finding: Finding) => void;

/** What a job gives, and to whom. */
export interface JobSinks {
  readonly onSpans: SpanSink;
  readonly onFinding: FindingSink;
}

/** A job as far as it is known while it runs. */
export interface KnownJob {
  readonly ids: JobIds;
  readonly identity: JobIdentity;
  readonly resource: Attributes;
  readonly redact: Redactor;
}

/** What the trace's resource and ids hang on beside the job's identity. */
export interface TraceFacts {
  readonly sensor: Attributes;
  readonly scope: TraceScope;
}

/** Hands out a job's spans within its budget; they wait, in order, until the job's ids are known. */
export class JobWriter {
  /** Spans given or promised. */
  spans = 0;
  /** What was given so far, in bytes of protobuf. */
  bytes = 0;
  #given = 0;
  identity: JobIdentity | null = null;
  ids: JobIds | null = null;
  resource: Attributes = {};
  readonly #budget: Budget;
  readonly #sinks: JobSinks;
  readonly #redactorFor: (hints: SecretHints) => Redactor;
  readonly #held: SpanBuilder[] = [];
  readonly #heldNotices: ((job: KnownJob) => Finding)[] = [];

  constructor(budget: Budget, sinks: JobSinks, redactorFor: (hints: SecretHints) => Redactor) {
    this.#budget = budget;
    this.#sinks = sinks;
    this.#redactorFor = redactorFor;
  }

  /** Whether so many more spans fit, when the first is of this kind; of 0 whether there is room for something in a span. */
  hasRoom(kind: Sacrifice, spans: number): boolean {
    const { jobSpans, jobBytes } = this.#budget;
    const share = sacrifices[kind];
    const waiting = this.spans - this.#given + spans;
    return this.spans + spans <= share * jobSpans && this.bytes + waiting * usualBytes <= share * jobBytes;
  }

  /** Counts spans that must come later, because others refer to them. */
  promise(spans: number): void {
    this.spans += spans;
  }

  /** Gives a promised span. */
  give(build: SpanBuilder): void {
    if (this.ids === null) this.#held.push(build);
    else this.#deliver([build], this.ids);
  }

  /** Tells people of a finding: at once, or as soon as the job's ids are known. There are no more of them than findings of a job. */
  notify(build: (job: KnownJob) => Finding): void {
    this.#heldNotices.push(build);
    if (this.ids !== null && this.identity !== null) this.#tell(this.identity, this.ids);
  }

  /** Ids and resource are decided once, here; what waited goes out. */
  identify(identity: JobIdentity, taken: Set<string>, { sensor, scope }: TraceFacts): void {
    const ids = receiverIds(identity.run, taken, scope);
    this.identity = identity;
    this.ids = ids;
    this.resource = this.#resourceOf(identity, sensor);
    this.#deliver(this.#held.splice(0), ids);
    this.#tell(identity, ids);
  }

  /** Something was found of which nobody was told yet. */
  get holdsNotices(): boolean {
    return this.#heldNotices.length > 0;
  }

  /** Tells people what was found in a job of which nobody knows yet whose it is: as if it were this one. Its spans go on waiting. */
  tellEarly(identity: () => JobIdentity | null, scope: TraceScope): void {
    const early = identity();
    if (early !== null) this.#tell(early, receiverIds(early.run, new Set(), scope));
  }

  /** By the policy as it is now, and what the engine has said. */
  get redactor(): Redactor {
    return this.#redactorFor(this.identity?.secrets ?? noHints);
  }

  #tell(identity: JobIdentity, ids: JobIds): void {
    const redact = this.#redactorFor(identity.secrets ?? noHints);
    const resource = this.#resourceOf(identity, {});
    for (const build of this.#heldNotices.splice(0)) this.#sinks.onFinding(build({ ids, identity, resource, redact }));
  }

  #resourceOf(identity: JobIdentity, sensor: Attributes): Attributes {
    return scrubAttributes({ ...identity.resource, ...sensor }, this.#redactorFor(identity.secrets ?? noHints));
  }

  #deliver(builders: readonly SpanBuilder[], ids: JobIds): void {
    const redact = this.redactor;
    const spans = builders.map((build) => scrubSpan(build(ids, redact), redact));
    for (const span of spans) this.bytes += otlpSize(span);
    this.#given += spans.length;
    if (spans.length > 0) this.#sinks.onSpans(spans, this.resource);
  }
}

/** What a span that was promised and is not made yet is reckoned with; most are smaller (a process with a few arguments: 460). */
const usualBytes = 500;

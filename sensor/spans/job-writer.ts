import type { JobIdentity } from '../engines/engine.ts';
import type { Budget } from './budget.ts';
import type { Attributes, FinishedSpan } from './finished-span.ts';
import { type JobIds, receiverIds } from './ids.ts';
import type { Redactor } from './redact.ts';
import { noHints, type SecretHints } from './redaction/masks.ts';
import { scrubAttributes, scrubSpan } from './scrub-span.ts';

/** Makes a span once the job's ids and the engine's word on its secrets are known. */
export type SpanBuilder = (ids: JobIds, redact: Redactor) => FinishedSpan;

export type SpanSink = (spans: FinishedSpan[], resource: Attributes) => void;

/** Hands out a job's spans within its budget; they wait, in order, until the job's ids are known. */
export class JobWriter {
  /** Spans given or promised. */
  spans = 0;
  /** Estimate of what was given so far. */
  bytes = 0;
  identity: JobIdentity | null = null;
  ids: JobIds | null = null;
  resource: Attributes = {};
  readonly #budget: Budget;
  readonly #sink: SpanSink;
  readonly #redactorFor: (hints: SecretHints) => Redactor;
  readonly #held: SpanBuilder[] = [];

  constructor(budget: Budget, sink: SpanSink, redactorFor: (hints: SecretHints) => Redactor) {
    this.#budget = budget;
    this.#sink = sink;
    this.#redactorFor = redactorFor;
  }

  /** Whether so many more spans fit. `reserve` is for what must not be folded away. */
  hasRoom(spans: number, reserve = 0): boolean {
    const { jobSpans, jobBytes } = this.#budget;
    return this.spans + spans <= jobSpans + reserve && (reserve > 0 || this.bytes < jobBytes);
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

  /** Ids and resource are decided once, here; what waited goes out. */
  identify(identity: JobIdentity, taken: Set<string>, sensor: Attributes): void {
    const ids = receiverIds(identity.run, taken);
    this.identity = identity;
    this.ids = ids;
    this.resource = scrubAttributes({ ...identity.resource, ...sensor }, this.redactor);
    this.#deliver(this.#held.splice(0), ids);
  }

  /** By the policy as it is now, and what the engine has said. */
  get redactor(): Redactor {
    return this.#redactorFor(this.identity?.secrets ?? noHints);
  }

  #deliver(builders: readonly SpanBuilder[], ids: JobIds): void {
    const redact = this.redactor;
    const spans = builders.map((build) => scrubSpan(build(ids, redact), redact));
    for (const span of spans) this.bytes += estimateBytes(span);
    if (spans.length > 0) this.#sink(spans, this.resource);
  }
}

const perSpan = 120;
const perAttribute = 8;

/** Near what the span costs in protobuf; exactness is not needed, only that long arguments weigh what they weigh. */
function estimateBytes(span: FinishedSpan): number {
  let bytes = perSpan + span.name.length;
  for (const [key, value] of Object.entries(span.attributes)) bytes += perAttribute + key.length + String(value).length;
  return bytes;
}

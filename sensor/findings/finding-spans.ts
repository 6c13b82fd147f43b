import { stepOrdinal } from '../../crds/attributes.ts';
import type { Finding } from '../../crds/finding.ts';
import type { FinishedSpan } from '../spans/finished-span.ts';
import type { JobIds } from '../spans/ids.ts';
import type { JobWriter, KnownJob } from '../spans/job-writer.ts';
import type { ProcessNode } from '../spans/process-node.ts';
import type { Placement } from '../spans/process-span.ts';
import type { ProcessSpans } from '../spans/process-spans.ts';
import type { Scope } from '../spans/scope.ts';
import { scrubSpan } from '../spans/scrub-span.ts';
import { maxName, printable } from '../spans/text.ts';
import type { JobView } from './detector.ts';
import { findingSpan } from './finding-span.ts';
import { type Found, JobFindings, severityOf } from './job-findings.ts';
import { readFinding } from './read-finding.ts';

export interface FindingPlaces {
  /** The name of a scope's step; `null` for the job itself. Asked only once the job's ids are known. */
  readonly stepName: (scope: Scope, ids: JobIds) => string | null;
  /** What is known of it now, which decides nothing; `spanId`: `null` while it may still become another. */
  readonly stepNow: (scope: Scope) => { name: string; spanId: string | null; ordinal: number } | null;
  /** From nanoseconds since boot to Unix time. */
  readonly offset: () => bigint;
}

/**
 * The findings of one job. People are told of each as soon as it is found; as a span it is given when the process that did it ends, or its step is
 * over, since its parent comes after it and its count is then complete.
 */
export class FindingSpans {
  readonly detect: JobFindings;
  readonly #processes: ProcessSpans;
  readonly #writer: JobWriter;
  readonly #places: FindingPlaces;

  constructor(to: { processes: ProcessSpans; writer: JobWriter }, job: JobView, places: FindingPlaces) {
    this.#processes = to.processes;
    this.#writer = to.writer;
    this.#places = places;
    this.detect = new JobFindings(job, (found) => this.#found(found));
  }

  /** The process (`null`: everything of the scope) is over, so that its findings are complete. Ask after its own span was decided. */
  ended(scope: Scope, node: ProcessNode | null): void {
    for (const found of this.detect.take(scope, node)) this.#give(found);
  }

  /** Its process is worth a span now, and there is always room for its own. */
  #found(found: Found): void {
    this.#processes.promiseUnder(found.node);
    this.#writer.notify((job) => this.#notice(found, job));
  }

  #give(found: Found): void {
    const { scope, node } = found;
    this.#processes.giveUnder({ scope, node }, ({ offset, place, ids, redact }) => {
      const step = this.#places.stepName(scope, ids);
      return findingSpan(place('finding', node?.image.id ?? '', keyOf(found)), { found, offset, redact, step });
    });
    if (found.noticed > 0 && found.count >= worthTelling * found.noticed)
      this.#writer.notify((job) => this.#notice(found, job));
  }

  /** The span that will follow, as far as it is known, in the form that is sent to people. */
  #notice(found: Found, job: KnownJob): Finding {
    found.noticed = found.count;
    const step = this.#places.stepNow(found.scope);
    const offset = this.#places.offset();
    const at = this.#placeNow(found, job.ids, step?.spanId ?? null);
    const span = findingSpan(at, { found, offset, redact: job.redact, step: step?.name ?? null });
    return readFinding(scrubSpan(span, job.redact), {
      step: step && { name: job.redact.text(step.name), attributes: { [stepOrdinal]: step.ordinal } },
      job: jobOf(job),
      resource: job.resource,
    });
  }

  /** Evidence is the span of a process that has or will have one, else of the step, else of the job: these always come. */
  #placeNow(found: Found, ids: JobIds, stepSpanId: string | null): Placement {
    const { node } = found;
    const teller = this.#processes.tellerOf(node);
    return {
      traceId: ids.traceId,
      spanId: ids.below('finding', node?.image.id ?? '', keyOf(found)),
      parentSpanId: teller === null ? (stepSpanId ?? ids.jobSpanId) : ids.below('process', teller.image.id),
    };
  }
}

/** How much higher than told a count must have become to be told once more, at the end. */
const worthTelling = 10;

function keyOf({ hit }: Found): string {
  return `${hit.rule}-${severityOf(hit)}-${hit.subject.name}`;
}

function jobOf({ identity, redact }: KnownJob): Pick<FinishedSpan, 'name' | 'attributes'> {
  const url = identity.url === null ? {} : { 'cicd.pipeline.task.run.url.full': redact.text(identity.url) };
  return { name: redact.text(printable(identity.name, maxName)), attributes: url };
}

import type { JobIds } from '../spans/ids.ts';
import type { ProcessNode } from '../spans/process-node.ts';
import type { ProcessSpans } from '../spans/process-spans.ts';
import type { Scope } from '../spans/scope.ts';
import type { JobView } from './detector.ts';
import { findingSpan } from './finding-span.ts';
import { type Found, JobFindings, severityOf } from './job-findings.ts';

export interface FindingPlaces {
  /** The name of a scope's step; `null` for the job itself. Asked only once the job's ids are known. */
  readonly stepName: (scope: Scope, ids: JobIds) => string | null;
}

/** The findings of one job as spans: each is given when the process that did it ends, or its step is over. */
export class FindingSpans {
  readonly detect: JobFindings;
  readonly #processes: ProcessSpans;
  readonly #places: FindingPlaces;

  constructor(processes: ProcessSpans, job: JobView, places: FindingPlaces) {
    this.#processes = processes;
    this.#places = places;
    this.detect = new JobFindings(job, (found) => this.#found(found));
  }

  /** The process (`null`: everything of the scope) is over, so that its findings are complete. Ask after its own span was decided. */
  ended(scope: Scope, node: ProcessNode | null): void {
    for (const found of this.detect.take(scope, node)) this.#give(found);
  }

  /** Its process is worth a span now, and there is always room for its own. */
  #found({ node }: Found): void {
    this.#processes.promiseFinding(node);
  }

  #give(found: Found): void {
    const { scope, node, hit } = found;
    const key = `${hit.rule}-${severityOf(hit)}-${hit.subject.name}`;
    this.#processes.giveUnder({ scope, node }, ({ offset, place, ids, redact }) =>
      findingSpan(place('finding', node?.image.id ?? '', key), {
        found,
        offset,
        redact,
        step: this.#places.stepName(scope, ids),
      }),
    );
  }
}

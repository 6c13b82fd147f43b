import { createHash } from 'node:crypto';
import type { TraceScope } from './policy-view.ts';

/** What a job's ids are made of. Empty strings and `null` mean: not known. */
export interface RunKey {
  /** The CI run; `null` where the engine has none, as in local mode. */
  runId: string | null;
  runAttempt: string;
  /** GitHub's id of this job in this attempt. */
  checkRunId: string | null;
  runnerName: string;
  /** Tells jobs of one trace apart where nothing else does. */
  jobKey: string;
  /** What the trace id is made of when there is no run id: unique to the pod or the command. */
  seed: string;
  /** A context given from outside; counts only without a run id. */
  traceParent: TraceParent | null;
}

export interface TraceParent {
  traceId: string;
  spanId: string;
}

/** The ids of one job's spans: 32 hex digits for the trace, 16 for spans, never all zero. */
export interface JobIds {
  readonly traceId: string;
  readonly jobSpanId: string;
  /** The span outside that the job belongs under, `null` for none. */
  readonly parentSpanId: string | null;
  /** The run's trace and root span, where the job has a trace of its own: it is linked to them. */
  readonly run: TraceParent | null;
  /** Each call is one more step of the job: equal names get distinct ids. `ordinal` counts from 1. */
  step(name: string, ordinal: number): string;
  /** A span below the steps, from the kernel's id of its process, so that a restarted sensor finds the same. */
  below(kind: string, execId: string, key?: string): string;
}

/** `taken` holds the job span ids already given in this sensor's life. */
export type IdScheme = (run: RunKey, taken: Set<string>, scope?: TraceScope) => JobIds;

/**
 * The scheme of the OpenTelemetry GitHub receiver where the check run is known, so that both meet in one trace
 * (opentelemetry-collector-contrib, receiver/githubreceiver/trace_event_handling.go); the nearest to it elsewhere.
 */
export const receiverIds: IdScheme = (run, taken, scope = 'Run') => {
  const trace = traceOf(run, scope);
  const jobSpanId = unused(taken, (suffix) => spanHash(jobSource(run, trace.traceId) + suffix));
  const stepIds = new Set<string>();
  return {
    ...trace,
    jobSpanId,
    step: (name, ordinal) =>
      unused(stepIds, (suffix) => spanHash(stepSource({ run, jobSpanId }, name + suffix, ordinal))),
    below: (kind, execId, key = '') => spanHash(jobSpanId + kind + execId + key),
  };
};

/** The W3C trace context header of version 00, else `null`: it comes from outside and may be anything. */
export function parseTraceParent(text: string | null | undefined): TraceParent | null {
  const match = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(text ?? '');
  const [, traceId = '', spanId = ''] = match ?? [];
  return isZero(traceId) || isZero(spanId) ? null : { traceId, spanId };
}

type TraceIds = Pick<JobIds, 'traceId' | 'parentSpanId' | 'run'>;

function traceOf(run: RunKey, scope: TraceScope): TraceIds {
  const { runId, runAttempt, traceParent, seed } = run;
  if (runId !== null) {
    const traceId = traceHash(`${runId}${runAttempt}t`);
    if (scope === 'Run') return { traceId, parentSpanId: null, run: null };
    const root = { traceId, spanId: spanHash(`${runId}${runAttempt}s`) };
    return { traceId: traceHash(`${jobSource(run, traceId)}t`), parentSpanId: null, run: root };
  }
  if (traceParent !== null) return { traceId: traceParent.traceId, parentSpanId: traceParent.spanId, run: null };
  return { traceId: traceHash(`${seed}t`), parentSpanId: null, run: null };
}

function jobSource(run: RunKey, traceId: string): string {
  if (run.runId === null) return `${traceId}${run.jobKey}-j`;
  if (run.checkRunId !== null) return `${run.checkRunId}-j`;
  return `${run.runId}${run.runAttempt}${run.runnerName}-j`;
}

function stepSource(job: { run: RunKey; jobSpanId: string }, name: string, ordinal: number): string {
  const { run, jobSpanId } = job;
  return run.runId !== null && run.checkRunId !== null ? `${run.checkRunId}-${name}-s` : `${jobSpanId}-${ordinal}-s`;
}

/** The first id is the scheme's own; the second and later of one source append `-2`, `-3`, … */
function unused(taken: Set<string>, idFor: (suffix: string) => string): string {
  let id = idFor('');
  for (let n = 2; taken.has(id); n += 1) id = idFor(`-${n}`);
  taken.add(id);
  return id;
}

function traceHash(source: string): string {
  return nonZero(source, 0, 32);
}

function spanHash(source: string): string {
  return nonZero(source, 16, 32);
}

function nonZero(source: string, from: number, to: number): string {
  const id = createHash('sha256').update(source).digest('hex').slice(from, to);
  return isZero(id) ? nonZero(`${source}-`, from, to) : id;
}

function isZero(id: string): boolean {
  return /^0*$/.test(id);
}

import { parseTraceParent, type RunKey } from '../spans/ids.ts';

/** What the trace is of, where the CI engine does not say. */
export interface PipelineIdentity {
  /** `command`: one command's process tree; `pod`: every process of a pod. */
  readonly kind: 'command' | 'pod';
  /** The command line or the pod's name. */
  readonly name: string;
  /** What it belongs to where no repository is known: the service's name; default: the program or the pod. */
  readonly service?: string;
  /** Unique to the command or pod; the trace id comes from it where no run id is known. The same seed gives the same ids again. */
  readonly seed: string;
  /** `TRACEPARENT` as given to the command; validated here. */
  readonly traceParent?: string | null;
}

/** The key of a job without a run id. */
export function seededRun(identity: PipelineIdentity, jobKey: string, traceParent?: string): RunKey {
  return {
    runId: null,
    runAttempt: '',
    checkRunId: null,
    runnerName: '',
    jobKey,
    seed: identity.seed,
    traceParent: parseTraceParent(identity.traceParent) ?? parseTraceParent(traceParent),
  };
}

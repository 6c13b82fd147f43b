/** How many spans a job may come to; beyond that short processes are folded into summaries that keep the counts. */
export interface Budget {
  /** Spans of a job, all kinds. */
  readonly jobSpans: number;
  /** Estimated bytes of a job's spans. */
  readonly jobBytes: number;
  /** Process spans of a step. */
  readonly stepProcesses: number;
  /** Connection spans of a process; further ones fold by address and port. */
  readonly processConnections: number;
  /** Spans of a job that lookups may take; further ones are counted. */
  readonly jobLookups: number;
  /** Levels of processes below a step; deeper ones hang at the last level. */
  readonly depth: number;
  /** Spans that processes with connections may take beyond `jobSpans`, so that noise cannot fold the attack away. */
  readonly reserve: number;
  /** Summary spans of a step; beyond that counts are kept at the step by name. */
  readonly stepSummaries: number;
}

export const defaultBudget: Budget = {
  jobSpans: 2000,
  jobBytes: 1024 * 1024,
  stepProcesses: 300,
  processConnections: 32,
  jobLookups: 200,
  depth: 12,
  reserve: 2000,
  stepSummaries: 100,
};

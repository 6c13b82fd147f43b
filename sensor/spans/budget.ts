/** How much a job may come to in its trace; beyond that things are told in summaries that keep the counts. */
export interface Budget {
  /** Spans of a job, all kinds. Only of job and steps may there be more. */
  readonly jobSpans: number;
  /** Bytes of a job's spans in protobuf. */
  readonly jobBytes: number;
  /** Process spans of a step. */
  readonly stepProcesses: number;
  /** Connection spans of a process; further ones fold by address and port. */
  readonly processConnections: number;
  /** Spans of a job that lookups may take; further ones are counted. */
  readonly jobLookups: number;
  /** Levels of processes below a step; deeper ones hang at the last level. */
  readonly depth: number;
  /** Summary spans of a step; beyond that counts are kept at the step by name. */
  readonly stepSummaries: number;
  /** Summary spans of the job itself, of processes and as many of connections: for them there is always room. Further names are counted together. */
  readonly jobSummaries: number;
}

export const defaultBudget: Budget = {
  jobSpans: 2000,
  jobBytes: 1_000_000,
  stepProcesses: 300,
  processConnections: 32,
  jobLookups: 200,
  depth: 12,
  stepSummaries: 100,
  jobSummaries: 24,
};

/**
 * What gives way when a job has much to tell, the first to go first: a kind is told one by one only while no more than this part of the
 * budget is used, so that noise of one kind leaves room for what comes after it. Job, step, agent and finding are in no row and never give way.
 */
export const sacrifices = {
  /** Changes of files, as events of their process. */
  fileEvent: 0.5,
  /** Lookups, as spans and as events. */
  lookup: 0.6,
  /** Processes that ended within a second and started no other. */
  shortProcess: 0.65,
  process: 0.75,
  /** One more connection of a program to an address and port, and the process that made it, after the first eight. */
  repeatedConnection: 0.75,
  /** Summaries below a process, which come to the step's own. */
  summary: 0.85,
  /** Summaries below a step, which come to the job's. */
  stepSummary: 0.9,
  connection: 0.9,
  /** A process that made a connection, read a secret or is out of the ordinary. */
  witness: 0.9,
  /** A command of a coding agent, and its process. */
  toolCall: 0.9,
  /** The process that a finding is of, and those above it. Findings themselves, at most 200 of a job, never give way. */
  findingProcess: 1,
} as const satisfies Readonly<Record<string, number>>;

export type Sacrifice = keyof typeof sacrifices;

/** What events of spans give way as; those of other names stay. */
export const eventSacrifices: Readonly<Record<string, Sacrifice>> = {
  'chaperone.file.change': 'fileEvent',
  'dns.answer': 'lookup',
};

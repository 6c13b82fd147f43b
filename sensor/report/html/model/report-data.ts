import type { Note } from '../../paint.ts';

/**
 * What report.html shows of one trace, as JSON. Every text in it passed `visible` and is shown as text alone.
 * Times are milliseconds after `start`, to a microsecond.
 */
export interface ReportData {
  /** `workflow / job`. */
  readonly title: string;
  readonly traceId: string;
  /** RFC 3339. */
  readonly start: string;
  /** From the first job's start to the last one's end. */
  readonly duration: number;
  readonly result: Note;
  /** `3 steps`, `212 processes`, … */
  readonly counts: readonly Note[];
  /** `nothing lost`, or exactly what was. */
  readonly coverage: readonly Note[];
  /** The job's resource: repository, runner, pod, sensor. */
  readonly resource: readonly Fact[];
  /** Every span, in the order of the tree. */
  readonly nodes: readonly ReportNode[];
  readonly overview: readonly OverviewLine[];
  /** Runs of coding agents, the earliest first. */
  readonly agents: readonly AgentRow[];
  /** As the counts say it: without the row of those that found no room of their own. */
  readonly hostCount: number;
  /** Most connections first. */
  readonly hosts: readonly HostRow[];
  /** Connections that others made, by the address that they came to. */
  /** Those that the job was given. */
  readonly resolvers: readonly HostRow[];
  readonly accepted: readonly HostRow[];
  /** Names that were looked up, where that failed or no connection followed. */
  readonly lookups: readonly LookupRow[];
  /** Most changes first. */
  readonly directories: readonly DirectoryRow[];
  /** Files that give secrets away and were opened for reading. */
  readonly secrets: readonly SecretRow[];
  readonly fileTotals: FileTotals;
  /** Where nobody looked at files, nothing of them says nothing. */
  readonly areFilesWatched: boolean;
  readonly findings: readonly FindingRow[];
  /** Other events than changes of files and answers of name servers: memory, privilege. */
  readonly activities: readonly ActivityRow[];
  readonly account: AccountTable;
}

export type Fact = readonly [name: string, value: string | readonly string[]];

export type NodeKind = 'job' | 'step' | 'process' | 'connection' | 'accept' | 'dns' | 'other';

export interface ReportNode {
  readonly kind: NodeKind;
  /** Of a job 0. */
  readonly depth: number;
  /** How many of the nodes that follow lie below this one. */
  readonly size: number;
  readonly label: string;
  readonly start: number;
  readonly end: number;
  /** The engine's word on a job or step (`success`, `failure`, …), what came of a connection or lookup; else empty. */
  readonly result: string;
  readonly failed: boolean;
  /** It stands for several that were told together. */
  readonly summary: boolean;
  readonly notes: readonly Note[];
  /** Of a finding what happened, what to look at, and how to refuse it; else empty. */
  readonly telling: readonly string[];
  readonly facts: readonly Fact[];
  readonly events: readonly NodeEvent[];
}

export interface NodeEvent {
  readonly name: string;
  readonly at: number;
  readonly facts: readonly Fact[];
}

/** A line of the waterfall: a node, or a remark on what lies below that node and got no line. */
export interface OverviewLine {
  readonly node: number;
  readonly depth: number;
  /** `null` where the line is the node itself. */
  readonly remark: Note | null;
}

/** What one run of a coding agent did. */
export interface AgentRow {
  readonly node: number;
  /** `claude-code 2.1.330` */
  readonly name: string;
  /** The step's place; `null` where it is of none. */
  readonly step: number | null;
  /** Of the run, and how it ended where that was no success. */
  readonly error: string;
  readonly toolCalls: number;
  /** Calls of any tool that the agent told of itself. */
  readonly toldCalls: number;
  /** Those that have a span. */
  readonly calls: readonly CallRow[];
  /** The MCP servers that it started. */
  readonly servers: readonly ServerRow[];
  readonly deeds: DeedLists;
  readonly leftRunning: LeftRunning;
}

/** One command of an agent. */
export interface CallRow {
  readonly node: number;
  readonly tool: string;
  /** The agent told of it, and no process showed it. */
  readonly isClaim: boolean;
  /** Empty where it is not known. */
  readonly command: string;
  /** The signal or exit code; empty for success. */
  readonly error: string;
  readonly deeds: DeedLists;
}

export interface ServerRow {
  readonly node: number;
  readonly name: string;
  readonly deeds: DeedLists;
}

/** Names are at most 200 of a kind, the counts are of all. */
export interface DeedLists {
  readonly changes: number;
  readonly files: readonly string[];
  readonly hosts: readonly string[];
  readonly secretsRead: number;
  readonly secrets: readonly string[];
  /** Their places. */
  readonly findings: readonly number[];
}

export interface LeftRunning {
  readonly count: number;
  /** The places of those that have a span. */
  readonly nodes: readonly number[];
}

export interface HostRow {
  readonly host: string;
  /** Those that the host's name stood for; of a host that accepted, those that came. */
  readonly addresses: readonly string[];
  readonly ports: readonly string[];
  readonly connections: number;
  /** Those of them that failed. */
  readonly failed: number;
  /** `established 86`, `refused 2`; empty where it was not recorded. */
  readonly outcomes: readonly string[];
  /** Bytes; `null` where they were not recorded. */
  readonly sent: number | null;
  readonly received: number | null;
  /** The connections, the earliest first. */
  readonly nodes: readonly number[];
}

export interface LookupRow {
  readonly name: string;
  /** `NXDOMAIN`; empty where none came. */
  readonly response: string;
  readonly answers: readonly string[];
  readonly nodes: readonly number[];
}

export interface DirectoryRow {
  readonly directory: string;
  readonly changes: number;
  readonly operations: readonly string[];
  readonly files: readonly FileRow[];
}

export interface FileRow {
  readonly path: string;
  readonly operation: string;
  readonly changes: number;
  readonly node: number;
}

/** Changes of files in all, also of those that no event tells. */
export interface FileTotals {
  readonly changes: number;
  readonly operations: readonly Fact[];
  readonly places: readonly Fact[];
}

export interface SecretRow {
  readonly path: string;
  readonly kind: string;
  readonly at: number;
  readonly node: number;
}

export interface FindingRow {
  /** How bad it is. */
  readonly verdict: string;
  readonly rule: string;
  readonly subject: string;
  readonly count: number;
  readonly at: number;
  readonly node: number;
}

export interface ActivityRow {
  readonly name: string;
  readonly detail: string;
  readonly at: number;
  readonly node: number;
}

/** The account of events: `cells[row][column]` for a class of event at a stage; `null` where the sensor did not count. */
export interface AccountTable {
  readonly stages: readonly string[];
  readonly classes: readonly string[];
  readonly cells: readonly (readonly (number | null)[])[];
  /** Counts that are not by class, and what the sensor says of itself. */
  readonly rest: readonly Fact[];
}

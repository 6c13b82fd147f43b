import type { EngineName } from '../engines/engine.ts';
import type { CoverageReport } from '../lineage/coverage.ts';
import type { TaskResult } from './task-span.ts';

/** What is known at the end, for `summary.json` and the last line of the terminal; plain JSON. */
export interface JobSummary {
  readonly engine: EngineName;
  readonly jobs: readonly JobReport[];
  /** Executions by name, exact, whatever was folded. */
  readonly executions: Readonly<Record<string, number>>;
  readonly coverage: CoverageReport;
  readonly sensor: SensorReport;
}

export interface JobReport {
  readonly name: string;
  readonly result: TaskResult | null;
  readonly traceId: string;
  readonly spanId: string;
  /** ISO 8601. */
  readonly start: string;
  readonly durationMs: number;
  readonly steps: readonly StepReport[];
  readonly processes: number;
  readonly connections: number;
  readonly hosts: number;
  /** Spans given for this job. */
  readonly spans: number;
  readonly folded: { readonly processes: number; readonly connections: number };
}

export interface StepReport {
  readonly ordinal: number;
  readonly name: string;
  readonly result: TaskResult | null;
  readonly durationMs: number;
  readonly processes: number;
  readonly connections: number;
}

export interface SensorReport {
  readonly version: string;
  readonly armed: boolean;
  /** Why it is not armed; empty when it is. */
  readonly reason: string;
  readonly tier: string;
  readonly kernel: string;
}

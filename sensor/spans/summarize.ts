import type { JobReport, JobSummary, StepReport } from './job-summary.ts';
import type { JobTrace } from './job-trace.ts';
import type { Scope } from './scope.ts';
import type { StepRun } from './step-run.ts';

/** What `finish` tells of the jobs. */
export function summarizeJobs(jobs: readonly JobTrace[]): Pick<JobSummary, 'jobs' | 'executions'> {
  const executions = new Map<string, number>();
  for (const job of jobs) {
    for (const [program, count] of job.activity.executions.entries()) {
      const name = job.writer.redactor.text(program);
      executions.set(name, (executions.get(name) ?? 0) + count);
    }
  }
  return { jobs: jobs.map(summarizeJob), executions: Object.fromEntries(executions) };
}

function summarizeJob(job: JobTrace): JobReport {
  const { identity, ids, spans } = job.writer;
  return {
    name: job.writer.redactor.text(identity?.name ?? ''),
    result: job.result,
    traceId: ids?.traceId ?? '',
    spanId: ids?.jobSpanId ?? '',
    start: new Date(Number((job.start + job.offset) / 1_000_000n)).toISOString(),
    durationMs: milliseconds(job.start, job.end),
    steps: job.steps.outermost().map((step) => summarizeStep(step, job.end)),
    processes: job.total((scope) => scope.processes),
    connections: job.total((scope) => scope.connections),
    hosts: job.activity.hosts.size,
    spans,
    folded: {
      processes: job.total((scope) => scope.foldedProcesses),
      connections: job.total((scope) => scope.foldedConnections),
    },
  };
}

function summarizeStep(step: StepRun, jobEnd: bigint | null): StepReport {
  const scopes = scopesOf(step);
  return {
    ordinal: step.view.ordinal,
    name: step.frozen?.name ?? '',
    result: step.result,
    durationMs: milliseconds(step.start, step.idleSince ?? jobEnd),
    processes: scopes.reduce((sum, { processes }) => sum + processes, 0),
    connections: scopes.reduce((sum, { connections }) => sum + connections, 0),
  };
}

function scopesOf(step: StepRun): Scope[] {
  return [step.scope, ...step.nested.flatMap(scopesOf)];
}

function milliseconds(start: bigint, end: bigint | null): number {
  return Number((end ?? start) - start) / 1e6;
}

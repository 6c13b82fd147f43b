export type JobResult = 'Succeeded' | 'Failed' | 'Canceled';

/** The worker tells the listener the job's result by its exit code: 100 and the result's number in the runner's own table. */
const exitCodes: Record<JobResult, number> = { Succeeded: 100, Failed: 102, Canceled: 103 };

export function exitCodeOf(result: JobResult): number {
  return exitCodes[result];
}

/** Any other code is a worker that crashed, which the listener calls Failed. */
export function resultOfExitCode(code: number): JobResult {
  const known = Object.entries(exitCodes).find(([, value]) => value === code);
  return (known?.[0] as JobResult | undefined) ?? 'Failed';
}

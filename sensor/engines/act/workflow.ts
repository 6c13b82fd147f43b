/** Display names from workflow files. */
export interface WorkflowNames {
  /** Of a job by its key. */
  job(key: string): string | null;
  /** Of a step by its id or its index from 0. */
  step(job: string, idOrIndex: string): { name: string; uses: string | null } | null;
}

import type { JobOrder, JobStep } from './job-order.ts';
import type { RunnerFolders } from './runner-folders.ts';
import type { WorkerLog } from './worker-log.ts';

export interface JobContext {
  /** The job as it came, all its secrets in it: kept in memory for as long as the worker lives, as the runner keeps its own. */
  received: string;
  order: JobOrder;
  github: Map<string, string>;
  folders: RunnerFolders;
  log: WorkerLog;
  now: () => Date;
  /** Where the job's archives of repository actions lie. */
  jobFolder: string;
  cancelled: AbortSignal;
}

/** What the steps of a job share and change. */
export interface JobState {
  /** Variables that steps wrote to GITHUB_ENV. */
  environment: Map<string, string>;
  /** Folders that steps wrote to GITHUB_PATH, the latest first. */
  path: string[];
  externalNode: string;
  /** Post steps of actions, run in reverse order at the job's end. */
  post: { step: JobStep; name: string }[];
  failed: boolean;
}

export interface ActionRun {
  step: JobStep;
  name: string;
  stage: 'Main' | 'Post';
  /** The composite actions around this step, outermost first: their folders. */
  enclosing: string[];
}

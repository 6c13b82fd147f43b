import type { JobMessage } from './job-message.ts';
import type { ProcessLabel } from './log-labels.ts';

/** The worker logs of a runner: one a job. */
export interface JobLogs {
  /** The log of the worker that began then (Unix milliseconds); `null`: the newest. */
  open(startMs: number | null): JobLog;
}

/** What one worker's log tells. The message is read before the first step begins and never again; labels only name. */
export interface JobLog {
  /** The job message, `null` while it is not there; `seal`: this is the last time that it may change. */
  message(seal: boolean): JobMessage | null;
  /** How the runner called the step whose process it is, by the pid in the runner's pid namespace. */
  label(pid: number): ProcessLabel | null;
}

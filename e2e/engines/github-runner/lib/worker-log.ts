import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** The worker's trace: `_diag/Worker_<start>-utc.log`, and the same on standard output where the runner is told to print it. */
export interface WorkerLog {
  readonly file: string;
  /** Writes `[yyyy-MM-dd HH:mm:ssZ INFO source] text`, at once; a text of several lines stays one entry, as in the runner's log. */
  info(source: string, text: string): void;
}

export interface WorkerLogOptions {
  folder: string;
  now: () => Date;
  /** Set for ACTIONS_RUNNER_PRINT_LOG_TO_STDOUT: one header a line there, with the prefix `WORKER `. */
  print?: (line: string) => void;
}

export function openWorkerLog({ folder, now, print }: WorkerLogOptions): WorkerLog {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `Worker_${fileTime(now())}-utc.log`);
  return {
    file,
    info(source, text) {
      const header = `${lineTime(now())} INFO ${source}]`;
      appendFileSync(file, `[${header} ${text}\n`);
      if (print) for (const line of text.split('\n')) print(`[WORKER ${header} ${line}`);
    },
  };
}

function lineTime(date: Date): string {
  return date
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z');
}

function fileTime(date: Date): string {
  return lineTime(date).replace(/[-:Z]/g, '').replace(' ', '-');
}

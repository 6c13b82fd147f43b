import { changedControl } from './changed-control.ts';
import { changedSource } from './changed-source.ts';
import { credentialsSent } from './credentials-sent.ts';
import { dataInNames } from './data-in-names.ts';
import type { Detector, JobView } from './detector.ts';
import { leftRunning } from './left-running.ts';
import { outsidePolicy } from './outside-policy.ts';
import { downloadBeside, downloadInText, pipedDownload } from './piped-download.ts';
import { Pipes } from './pipes.ts';
import { processMemory } from './process-memory.ts';
import { reverseShell } from './reverse-shell.ts';
import { Sources } from './sources.ts';
import { unnamedAddress } from './unnamed-address.ts';

/** All detectors of one job. */
export function createDetectors(job: JobView): readonly Detector[] {
  const pipes = new Pipes();
  const sources = new Sources();
  return [
    pipes,
    sources,
    pipedDownload(pipes, sources),
    downloadBeside(pipes),
    downloadInText(),
    reverseShell(pipes, sources),
    processMemory(job),
    credentialsSent(pipes, sources),
    unnamedAddress(job),
    dataInNames(),
    outsidePolicy(job),
    changedControl(job),
    changedSource(job),
    leftRunning(),
  ];
}

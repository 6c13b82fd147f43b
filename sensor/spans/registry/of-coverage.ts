import * as ours from '../../../crds/attributes.ts';
import { type Row, task } from './row.ts';

/** What the account of a job and its steps says of itself: how much of what happened was seen, and where the rest was lost. */
export const ofCoverage: readonly Row[] = [
  [
    `${ours.findingsCoveragePrefix}*`,
    'job',
    'number',
    'of the findings that people were to be told: `delivered`, `waiting` when the span was made, `dropped` and by which `cause.*`; only where there are any',
  ],
  [
    ours.coverageTier,
    'job',
    'string',
    'what the kernel let the sensor see: `blind`, `tracepoint`, `trampoline` or `lsm`',
  ],
  [ours.coverageComplete, 'job', 'boolean', 'nothing that happened is missing from the account'],
  ['chaperone.coverage.produced.*', 'job', 'number', 'events that the kernel programs made, by kind'],
  ['chaperone.coverage.delivered.*', 'job', 'number', 'of these, what reached the sensor'],
  ['chaperone.coverage.lost.*', 'job', 'number', 'of these, what found no room on the way'],
  ['chaperone.coverage.cause.*', 'job', 'number', 'what is missing, by cause, such as `ring`, `queue`, `restart`'],
  [
    'chaperone.coverage.folded.*',
    task,
    'number',
    'what is told in summaries or counts instead of one by one: `processes`, `connections`, `lookups`, `events`; of the job also `agents`: executions of coding agents beyond 64 runs',
  ],
  ['chaperone.coverage.gaps', 'job', 'number', "numbers missing in the kernel's sequences"],
  ['chaperone.coverage.unaccounted', 'job', 'number', 'produced, and neither delivered nor counted as lost'],
  ['chaperone.coverage.shed', 'job', 'number', 'processes that found no room in a table'],
  ['chaperone.coverage.unattributed', 'job', 'number', 'processes of a step whose beginning was not seen'],
  ['chaperone.coverage.unfollowed', 'job', 'number', 'connections whose end was not followed for want of room'],
  ['chaperone.coverage.left', 'job', 'number', 'processes that left the observed cgroup'],
  [
    'chaperone.coverage.detached',
    'job',
    'number',
    'programs of the sensor that somebody detached, for which it takes `CAP_SYS_ADMIN`; only where there are any',
  ],
  ['chaperone.coverage.outside', 'job', 'number', 'events of the pod outside of any job'],
  ['chaperone.coverage.restarts', 'job', 'number', 'how often the sensor was started again'],
  [
    'chaperone.coverage.interruptions',
    'job',
    'number',
    'how often nobody watched, since the probe ended and another one began; only where it happened',
  ],
  [
    'chaperone.coverage.unanswered',
    'job',
    'number',
    'how often the probe did not say whether it had told everything; only where it happened',
  ],
  ['chaperone.coverage.undecoded', 'job', 'number', 'frames of the probe not understood; only where there are any'],
  [
    'chaperone.coverage.names.*',
    'job',
    'number',
    'DNS messages that were not asked for or not readable, and names forgotten for want of room',
  ],
  ['chaperone.coverage.spans.*', 'job', 'number', 'spans `given` for this job, and what became of them'],
];

import type { Severity } from '../../crds/finding.ts';
import type { FileEvent } from '../decode/file-events.ts';
import type { MemoryEvent } from '../decode/reach-events.ts';
import { ownerOf } from '../files/secrets.ts';
import type { ProcessNode } from '../spans/process-node.ts';
import { baseName } from '../spans/text.ts';
import type { Detector, Hit, JobView, Neighbour } from './detector.ts';
import { type Kinship, kinshipOf } from './kinship.ts';
import { listsProcesses } from './program.ts';

/** Whose memory it was, to how bad that is. What a process started is its own: debuggers and tracers live of that. */
const memoryGrades: Readonly<Record<Kinship, Severity | null>> = {
  own: null,
  runner: 'Critical',
  'other step': 'High',
  unknown: 'Medium',
  'same step': 'Low',
};

/** The environment of one's own step is mostly what one has oneself. */
const environmentGrades: Readonly<Record<Kinship, Severity | null>> = {
  ...memoryGrades,
  runner: 'High',
  'other step': 'Medium',
};

/** Reaches into other processes: their memory by whatever way, their environment, and the sensor. */
export function processMemory(job: JobView): Detector {
  return {
    reached: (event, node) => reached(event, node, job),
    touched: (event, node) => (isOfProcess(event) ? opened(event, node, job) : null),
  };
}

function reached(event: MemoryEvent, node: ProcessNode, job: JobView): Hit | null {
  const { image, nsPid, name } = event.target;
  if (name === probeName)
    return { rule: 'sensor-touched', subject: { kind: 'sensor', name: 'the memory of its probe' } };
  const other = image === null ? (nsPid === 0 ? null : job.withPid(nsPid)) : job.withImage(image);
  const called = other?.image.path ?? name;
  return memoryHit(
    node,
    { other, called, detail: `by ${event.way}${event.denied ? ', which the kernel refused' : ''}` },
    job,
  );
}

/** What the kernel calls the probe: the first 15 bytes of its name. */
const probeName = 'chaperone-probe';

function isOfProcess({ operation, path }: FileEvent): boolean {
  return operation === 'read' && path.startsWith('/proc/') && /\/(mem|environ)$/.test(path);
}

function opened(event: FileEvent, node: ProcessNode, job: JobView): Hit | null {
  const pid = ownerOf(event.path);
  if (pid === null || pid === event.nsPid) return null;
  const other = job.withPid(pid);
  const called = other?.image.path ?? '';
  if (event.path.endsWith('/mem')) return memoryHit(node, { other, called, detail: `by ${event.path}` }, job);
  return environmentHit(node, other, job);
}

function environmentHit(node: ProcessNode, other: Neighbour | null, job: JobView): Hit | null {
  const severity = environmentGrades[kinshipOf(node, other, job)];
  if (severity === null) return null;
  const isListed = listsProcesses(node.image);
  const name = isListed ? 'all processes' : subjectName(other?.image.path ?? '');
  return { rule: 'process-environment', severity: isListed ? 'Info' : severity, subject: { kind: 'process', name } };
}

interface Reach {
  readonly other: Neighbour | null;
  readonly called: string;
  readonly detail: string;
}

function memoryHit(node: ProcessNode, { other, called, detail }: Reach, job: JobView): Hit | null {
  const kinship = kinshipOf(node, other, job);
  const severity = memoryGrades[kinship];
  if (severity === null) return null;
  const rule = kinship === 'runner' ? 'runner-memory' : 'process-memory';
  return { rule, severity, subject: { kind: 'process', name: subjectName(called) }, detail };
}

function subjectName(called: string): string {
  return baseName(called) || 'a process that began before the sensor';
}

import { connectionsCount, processesCount } from '../../crds/attributes.ts';
import { classOf } from '../export/span-class.ts';
import type { FinishedSpan } from '../spans/finished-span.ts';
import { FileTally } from './file-changes.ts';
import { spanCount } from './span-count.ts';
import type { Below, StepStory, Story } from './story.ts';

/** Processes and connections, folded ones counted one by one; as the sensor counted them where it says so. */
export interface Tally {
  processes: number;
  connections: number;
  /** By the name each was called as. */
  readonly byExecutable: Map<string, number>;
  /** Connections by `address:port`. */
  readonly byHost: Map<string, number>;
  /** Of steps; a job says its own, with what stands outside of them. */
  readonly files: FileTally;
}

export function tallyStory(story: Story): Tally {
  const tally = emptyTally();
  addBelow(tally, story.outside);
  for (const step of story.steps) addStep(tally, step);
  return withExactCounts(tally, story.job);
}

/** Of a step with its nested steps. */
export function tallyStep(step: StepStory): Tally {
  const tally = emptyTally();
  addStep(tally, step);
  return tally;
}

export function tallyBelow(below: Below): Tally {
  const tally = emptyTally();
  addBelow(tally, below);
  return tally;
}

function emptyTally(): Tally {
  return { processes: 0, connections: 0, byExecutable: new Map(), byHost: new Map(), files: new FileTally() };
}

function addStep(tally: Tally, step: StepStory): void {
  const { processes, connections } = tally;
  tally.files.add(step.span.attributes);
  addBelow(tally, step);
  // What found no room below the step is folded into the job's summaries, and still counted here.
  tally.processes = processes + (exactCount(step.span, processesCount) ?? tally.processes - processes);
  tally.connections = connections + (exactCount(step.span, connectionsCount) ?? tally.connections - connections);
  for (const nested of step.steps) addStep(tally, nested);
}

/** A job counts what happened in all of its steps. */
function withExactCounts(tally: Tally, job: FinishedSpan): Tally {
  tally.processes = exactCount(job, processesCount) ?? tally.processes;
  tally.connections = exactCount(job, connectionsCount) ?? tally.connections;
  return tally;
}

function exactCount({ attributes }: FinishedSpan, name: string): number | null {
  const count = attributes[name];
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : null;
}

function addBelow(tally: Tally, below: Below): void {
  for (const connection of below.connections) {
    const count = spanCount(connection);
    tally.connections += count;
    add(tally.byHost, target(connection), count);
  }
  for (const process of below.processes) {
    if (classOf(process.span) === 'process') {
      tally.processes += process.count;
      add(tally.byExecutable, process.span.name, process.count);
    }
    addBelow(tally, process);
  }
}

/** `github.com:443`, from the attributes or, for a summary, from the span's name. */
export function target({ name, attributes }: FinishedSpan): string {
  const address = attributes['server.address'];
  const port = attributes['server.port'];
  if (typeof address !== 'string') return name.replace(/^(connect|accept) /, '');
  return port === undefined ? address : `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

function add(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

import { connectionsCount, processesCount } from '../../crds/attributes.ts';
import { classOf } from '../export/span-class.ts';
import type { FinishedSpan } from '../spans/finished-span.ts';
import { FileTally } from './file-changes.ts';
import { reachesHost, target } from './reached.ts';
import { spanCount } from './span-count.ts';
import type { Below, StepStory, Story } from './story.ts';

/** Processes and connections, folded ones counted one by one; as the sensor counted them where it says so. */
export interface Tally {
  processes: number;
  connections: number;
  /** By the name each was called as. */
  readonly byExecutable: Map<string, number>;
  /** Connections by `address:port`, without the resolver's. */
  readonly byHost: Map<string, number>;
  /** Of steps; a job says its own, with what stands outside of them. */
  readonly files: FileTally;
}

export function tallyStory(story: Story): Tally {
  const tally = emptyTally();
  addBelow(tally, story.outside);
  for (const step of story.steps) addSpans(tally, step);
  tally.processes = Math.max(tally.processes, saidCount(story.job, processesCount));
  tally.connections = Math.max(tally.connections, saidCount(story.job, connectionsCount));
  return tally;
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
  // What found no room below the step is folded into the job's summaries, and still counted by the step itself; what it left behind may come after its count.
  tally.processes = Math.max(tally.processes, processes + saidCount(step.span, processesCount));
  tally.connections = Math.max(tally.connections, connections + saidCount(step.span, connectionsCount));
  for (const nested of step.steps) addStep(tally, nested);
}

/** What the spans below a step tell alone: what was folded out of it stands in the job's summaries. */
function addSpans(tally: Tally, step: StepStory): void {
  addBelow(tally, step);
  for (const nested of step.steps) addSpans(tally, nested);
}

/** What the sensor counted, where it says so: a recorded span can hold anything. */
export function saidCount({ attributes }: Pick<FinishedSpan, 'attributes'>, name: string): number {
  const count = attributes[name];
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : 0;
}

function addBelow(tally: Tally, below: Below): void {
  for (const connection of below.connections) {
    const count = spanCount(connection);
    tally.connections += count;
    if (reachesHost(connection)) add(tally.byHost, target(connection), count);
  }
  for (const process of below.processes) {
    if (classOf(process.span) === 'process') {
      tally.processes += process.count;
      add(tally.byExecutable, process.span.name, process.count);
    }
    addBelow(tally, process);
  }
}

function add(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fastCheck from 'fast-check';
import { FakeKernel, type FakeProcess } from './lineage/testing/fake-kernel.ts';
import { executionsOf, replay, spanNamed, stepOf } from './lineage/testing/recording.ts';
import { startStep, startWorker } from './lineage/testing/start-steps.ts';
import { defaultBudget } from './spans/budget.ts';

/** What a random process does next: a number chooses the process, another the deed. */
const deeds = fastCheck.array(fastCheck.tuple(fastCheck.nat(1_000), fastCheck.nat(99)), {
  minLength: 20,
  maxLength: 400,
});

interface World {
  kernel: FakeKernel;
  /** True step of each executed image's name. */
  truth: Map<string, string>;
}

interface Actor {
  step: string;
  process: FakeProcess;
  isRoot: boolean;
}

/** Plays deeds in three steps that run side by side; every program has a name of its own or one of few. */
function playSteps(moves: [number, number][], unique: boolean): World {
  const kernel = new FakeKernel();
  const worker = startWorker(kernel);
  const truth = new Map<string, string>();
  const live: Actor[] = ['one', 'two', 'three'].map((step) => ({
    step,
    process: startStep(kernel, worker, step),
    isRoot: true,
  }));
  for (const [index, [which, deed]] of moves.entries()) {
    const actor = live[which % live.length] as Actor;
    const name = unique ? `p${index}` : `p${index % 5}`;
    if (playDeed(kernel, live, actor, { deed, name, pid: 1_000 + (which % 7) })) truth.set(name, actor.step);
  }
  for (const { process } of live) kernel.exit(process);
  kernel.exit(worker, 100);
  return { kernel, truth };
}

/** Answers whether a program was executed. */
function playDeed(
  kernel: FakeKernel,
  live: Actor[],
  actor: Actor,
  { deed, name, pid }: { deed: number; name: string; pid: number },
): boolean {
  const { step, process, isRoot } = actor;
  if (deed < 45) live.push({ step, process: kernel.spawn(process, `/bin/${name}`), isRoot: false });
  else if (deed < 55) live.push({ step, process: kernel.fork(process, pid), isRoot: false });
  else if (deed < 62) kernel.exec(process, `/bin/${name}`);
  else if (deed < 70) kernel.connect(process, '192.0.2.1', 80);
  else if (!isRoot) {
    kernel.exit(process);
    live.splice(live.indexOf(actor), 1);
  }
  return deed < 45 || (deed >= 55 && deed < 62);
}

test('in random process trees every span is under the step that truly started it', () => {
  fastCheck.assert(
    fastCheck.property(deeds, (moves) => {
      const { kernel, truth } = playSteps(moves, true);
      const { spans } = replay(kernel);
      for (const [name, step] of truth) assert.equal(stepOf(spans, spanNamed(spans, name))?.name, step);
    }),
    { numRuns: 60 },
  );
});

const smallBudget = {
  ...defaultBudget,
  jobSpans: 60,
  stepProcesses: 8,
  processConnections: 2,
  depth: 3,
  stepSummaries: 3,
  jobSummaries: 8,
};

test('in random process trees and a small budget, counts stay exact, ids unique, and every parent exists', () => {
  fastCheck.assert(
    fastCheck.property(deeds, (moves) => {
      const { kernel } = playSteps(moves, false);
      const { spans, summary } = replay(kernel, { budget: smallBudget });
      const executed = kernel.events.filter((event) => event.kind === 'exec' && !event.isRunner).length;
      const told = executionsOf(spans);
      assert.deepEqual(told, { ...summary.executions });
      assert.equal(
        Object.values(told).reduce((sum, count) => sum + count, 0),
        executed,
      );
      const connected = kernel.events.filter(({ kind }) => kind === 'connect').length;
      const client = spans.filter(({ kind }) => kind === 'client');
      assert.equal(
        client.reduce((sum, { attributes }) => sum + Number(attributes['aggregation.span_count'] ?? 1), 0),
        connected,
      );
      const ids = new Set(spans.map(({ spanId }) => spanId));
      assert.equal(ids.size, spans.length);
      for (const { parentSpanId } of spans) assert.ok(parentSpanId === null || ids.has(parentSpanId));
    }),
    { numRuns: 100 },
  );
});

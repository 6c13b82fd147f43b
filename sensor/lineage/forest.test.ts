import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { KernelEvent } from '../decode/kernel-events.ts';
import type { ProbeEvent } from '../decode/probe-events.ts';
import { scratchFolder } from '../probe/testing/actor.ts';
import { growForest, readForest } from '../probe/testing/forest.ts';
import { skip } from '../probe/testing/machine.ts';
import { observe } from '../probe/testing/observe.ts';
import { defaultBudget } from '../spans/budget.ts';
import { compareEvents, compareSpans } from './testing/compare-forest.ts';
import { pushAll, record } from './testing/recording.ts';

/** A failure is repeated with the seed that it prints: CHAPERONE_FOREST_SEED=… scripts/run-tests sensor/lineage/forest.test.ts */
const seed = BigInt(process.env.CHAPERONE_FOREST_SEED ?? randomInt(2 ** 47));
const trees = Number(process.env.CHAPERONE_FOREST_TREES ?? 2000);

const unlimited = Number.MAX_SAFE_INTEGER;
const budget = {
  ...defaultBudget,
  jobSpans: unlimited,
  jobBytes: unlimited,
  stepProcesses: unlimited,
  depth: 1000,
};

function spansOf(events: readonly ProbeEvent[]) {
  const { pipeline, spans } = record({ engine: 'github-actions', budget });
  pushAll(pipeline, events);
  pipeline.finish(0n);
  return spans;
}

function isKernelEvent(event: ProbeEvent): event is KernelEvent {
  return 'seq' in event;
}

/** Grows trees under the sensor. */
async function grow(count: number) {
  const records = join(scratchFolder, `records-${count}`);
  const { events, stats } = await observe(
    async (run) => {
      assert.equal((await run(growForest({ seed, trees: count, records }))).code, 0);
    },
    ['--queue-bytes', `${1 << 26}`],
  );
  return { forest: readForest(readFileSync(records)), events, stats };
}

test(`of ${trees} random process trees every fork, execution and end is told as it was, seed ${seed}`, {
  skip,
}, async (context) => {
  const { forest, events, stats } = await grow(trees);
  const { births, images, endings } = forest;
  context.diagnostic(
    `seed ${seed}: ${trees} trees, ${births.length} processes, ${images.length} executions, ${endings.length} ends`,
  );
  assert.equal(new Set(images.map(({ tree }) => tree)).size, trees);
  assert.deepEqual([stats.lost.exec, stats.lost.fork, stats.lost.exit, stats.tableFull], [0, 0, 0, 0]);
  assert.deepEqual(compareEvents(forest, events.filter(isKernelEvent)).slice(0, 10), []);
  assert.deepEqual(compareSpans(forest, spansOf(events)).slice(0, 10), []);
});

test('the comparison notices every single event that is left out or of another process', { skip }, async () => {
  const { forest, events } = await grow(4);
  const told = events.filter(isKernelEvent);
  const { images } = forest;
  assert.deepEqual(compareEvents(forest, told), []);
  const ofTrees = told.filter((event) => event.kind === 'exec' && event.argv.includes('node'));
  for (const event of ofTrees) {
    assert.notDeepEqual(
      compareEvents(
        forest,
        told.filter((other) => other !== event),
      ),
      [],
    );
    const moved = told.map((other) => (other === event ? { ...event, root: ofTrees[0]?.root ?? null, pid: 1 } : other));
    assert.notDeepEqual(compareEvents(forest, moved), []);
  }
  const spans = spansOf(events);
  assert.notDeepEqual(
    compareSpans(
      forest,
      spans.filter(({ name }) => name !== 'alpha'),
    ),
    [],
  );
  assert.notDeepEqual(compareSpans({ ...forest, images: images.slice(1) }, spans), []);
});

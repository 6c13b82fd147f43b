import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { FakeKernel, type FakeProcess, helloEvent } from './lineage/testing/fake-kernel.ts';
import { executionsOf, pushAll, type Recording, record, spanNamed } from './lineage/testing/recording.ts';
import { defaultBudget } from './spans/budget.ts';
import type { FinishedSpan } from './spans/finished-span.ts';
import { otlpSize } from './spans/otlp-size.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** A job whose events are handed over as they come, since all of them at once would be the test's own memory. */
class Playing {
  readonly kernel = new FakeKernel();
  readonly worker: FakeProcess;
  readonly #recorded = record();

  constructor() {
    this.#recorded.pipeline.push(helloEvent());
    this.worker = this.kernel.spawn(this.kernel.process(), '/home/runner/bin/Runner.Worker');
  }

  step(name: string, play: (step: FakeProcess) => void): void {
    const step = this.kernel.spawn(this.worker, '/usr/bin/bash', {
      env: { GITHUB_ACTION: name, GITHUB_RUN_ID: '90001', RUNNER_NAME: 'runner-1' },
    });
    play(step);
    this.kernel.exit(step);
    this.handOver();
  }

  handOver(): void {
    pushAll(this.#recorded.pipeline, this.kernel.events.splice(0));
  }

  end(): Recording {
    this.kernel.exit(this.worker, 100);
    this.handOver();
    const summary = this.#recorded.pipeline.finish(helloEvent().realtimeOffsetNs + this.kernel.now + 1n);
    return { ...this.#recorded, summary };
  }
}

function heapOf(playing: Playing): number {
  playing.handOver();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

function assertWithinBudget(spans: readonly FinishedSpan[]): void {
  assert.ok(spans.length <= defaultBudget.jobSpans, `${spans.length} spans`);
  const bytes = spans.reduce((sum, span) => sum + otlpSize(span), 0);
  assert.ok(bytes <= defaultBudget.jobBytes, `${bytes} bytes`);
}

test('a job of 50,000 processes stays within its budget, every execution is counted, and it says what it folded', () => {
  const playing = new Playing();
  for (let nth = 0; nth < 10; nth += 1) {
    playing.step(`step-${nth}`, (step) => {
      for (let index = 0; index < 5_000; index += 1) {
        playing.kernel.run(step, `/usr/bin/tool-${index % 60}`, { argv: ['tool', 'x'.repeat(index % 900)] });
        if (index % 500 === 0) playing.handOver();
      }
    });
  }
  const { spans, summary } = playing.end();
  assertWithinBudget(spans);
  const counts = Object.values(executionsOf(spans));
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    50_010,
  );
  const folded = spans.at(-1)?.attributes['chaperone.coverage.folded.processes'];
  assert.equal(folded, summary.jobs[0]?.folded.processes);
  assert.ok(Number(folded) > 48_000);
  const steps = spans.filter(({ attributes }) => 'chaperone.step.ordinal' in attributes);
  assert.equal(steps.length, 10);
  assert.equal(
    steps.reduce((sum, { attributes }) => sum + Number(attributes['chaperone.coverage.folded.processes']), 0),
    folded,
  );
});

test('50,000 processes that all connect do not fold away the one that connects elsewhere', () => {
  const playing = new Playing();
  playing.step('build', (step) => {
    for (let index = 0; index < 50_000; index += 1) {
      const noise = playing.kernel.spawn(step, '/usr/bin/curl');
      playing.kernel.connect(noise, '192.0.2.1', 443);
      playing.kernel.exit(noise);
      if (index % 500 === 0) playing.handOver();
    }
    const thief = playing.kernel.spawn(step, '/tmp/thief');
    playing.kernel.connect(thief, '203.0.113.9', 443);
    playing.kernel.exit(thief);
  });
  const { spans } = playing.end();
  assertWithinBudget(spans);
  const theft = spanNamed(spans, 'connect 203.0.113.9:443');
  assert.equal(theft.parentSpanId, spanNamed(spans, 'thief').spanId);
  assert.deepEqual(executionsOf(spans), { bash: 1, curl: 50_000, thief: 1 });
});

test('long arguments cost bytes, and a job of nothing else stays within them', () => {
  const playing = new Playing();
  for (let nth = 0; nth < 20; nth += 1) {
    playing.step(`step-${nth}`, (step) => {
      for (let index = 0; index < 200; index += 1)
        playing.kernel.run(step, `/bin/tool-${nth}`, { argv: Array.from({ length: 32 }, () => '語'.repeat(32)) });
    });
  }
  assertWithinBudget(playing.end().spans);
});

/** Every tenth as long as an execution brings it, each a text of its own. */
function longArgument(index: number): string {
  return index % 10 === 0 ? Buffer.alloc(4_096, `${index} `).toString('latin1') : 'x';
}

test('what is kept of processes does not grow with their number nor with their arguments', () => {
  const playing = new Playing();
  const before = heapOf(playing);
  playing.step('build', (step) => {
    for (let index = 0; index < 50_000; index += 1) {
      playing.kernel.run(step, `/bin/tool-${index}`, { argv: ['tool', longArgument(index)] });
      if (index % 100 === 0) playing.handOver();
    }
    const grown = (heapOf(playing) - before) / 2 ** 20;
    assert.ok(grown < 48, `the heap grew by ${grown.toFixed(1)} MiB`);
  });
  assertWithinBudget(playing.end().spans);
});

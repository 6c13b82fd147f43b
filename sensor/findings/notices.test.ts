import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Finding } from '../../crds/finding.ts';
import { findingSchema } from '../../crds/finding-schema.ts';
import { FakeKernel, type FakeProcess, helloEvent } from '../lineage/testing/fake-kernel.ts';
import { pushAll, type Recording, record } from '../lineage/testing/recording.ts';
import type { Pipeline, PipelineOptions } from '../pipeline.ts';
import { tell } from '../report/story.ts';
import { summarize } from '../report/summary.ts';
import { noPolicy } from '../spans/policy-view.ts';

const env = { GITHUB_ACTION: 'build', GITHUB_RUN_ID: '90001', RUNNER_NAME: 'runner-1' };

/** A job whose first step runs, told as far as it has come; `tell` gives the pipeline what has happened since. */
class RunningJob {
  readonly kernel = new FakeKernel();
  readonly notices: Finding[] = [];
  readonly worker: FakeProcess;
  readonly shell: FakeProcess;
  readonly pipeline: Pipeline;
  readonly #recorded: Pick<Recording, 'spans' | 'resources'>;

  constructor({ beginsStep = true, ...options }: Partial<PipelineOptions> & { beginsStep?: boolean } = {}) {
    const { pipeline, ...recorded } = record({ onFinding: (finding) => this.notices.push(finding), ...options });
    this.pipeline = pipeline;
    this.#recorded = recorded;
    this.worker = this.kernel.spawn(this.kernel.process(), '/home/runner/bin/Runner.Worker');
    this.shell = this.kernel.spawn(this.worker, '/usr/bin/bash', beginsStep ? { env } : {});
    pipeline.push(helloEvent());
    this.tell();
  }

  tell(): void {
    pushAll(this.pipeline, this.kernel.events.splice(0));
  }

  /** The findings as the spans tell them. */
  end(): { findings: readonly Finding[]; spanIds: Set<string> } {
    this.kernel.exit(this.shell);
    this.kernel.exit(this.worker, 100);
    this.tell();
    this.pipeline.finish(helloEvent().realtimeOffsetNs + this.kernel.now);
    const { spans, resources } = this.#recorded;
    const resource = resources[0] ?? {};
    const { findings } = summarize(tell(spans), { spans, resource, delivered: null, files: {} });
    return { findings, spanIds: new Set(spans.map(({ spanId }) => spanId)) };
  }
}

test('a finding is told while the process that did it still runs, and is what its span then says', () => {
  const job = new RunningJob();
  const thief = job.kernel.spawn(job.shell, '/tmp/thief');
  job.kernel.reach(thief, job.worker);
  job.tell();
  const [notice, ...others] = [...job.notices];
  assert.deepEqual([notice?.rule, notice?.count, others.length], ['runner-memory', 1, 0]);
  job.kernel.exit(thief);
  const { findings, spanIds } = job.end();
  assert.deepEqual(findings, [notice]);
  assert.ok(spanIds.has(notice?.evidence.spanId ?? ''));
});

test('the same again is not told again, unless it was ten times as often in the end', () => {
  for (const [times, told] of [
    [9, [1]],
    [10, [1, 10]],
  ] as const) {
    const job = new RunningJob();
    for (let n = 0; n < times; n += 1) {
      job.kernel.reach(job.shell, job.worker);
      job.tell();
    }
    const { findings } = job.end();
    assert.deepEqual(
      job.notices.map(({ count }) => count),
      told,
    );
    assert.equal(findings[0]?.count, times);
    assert.equal(new Set(job.notices.map(({ id }) => id)).size, 1);
  }
});

test('what is found before the job is known waits until it is, with the count that it has come to', () => {
  const job = new RunningJob({ beginsStep: false });
  const helper = job.kernel.spawn(job.worker, '/opt/helper');
  for (let n = 0; n < 3; n += 1) job.kernel.reach(helper, job.worker);
  job.tell();
  assert.deepEqual(job.notices, []);
  job.kernel.run(job.worker, '/usr/bin/bash', { env });
  job.tell();
  assert.deepEqual(
    job.notices.map(({ rule, count }) => [rule, count]),
    [['runner-memory', 3]],
  );
});

test('a finding of a process without a span points at the step or the job, which always have one', () => {
  const job = new RunningJob({ policy: () => ({ ...noPolicy, processes: 'None' as const }) });
  job.kernel.reach(job.shell, job.worker);
  job.tell();
  const { spanIds } = job.end();
  assert.ok(spanIds.has(job.notices[0]?.evidence.spanId ?? ''));
});

test('what is found of the job as a whole is told too, and points at the job', () => {
  const job = new RunningJob({ policy: () => ({ ...noPolicy, isForged: true }) });
  job.pipeline.tick(helloEvent().realtimeOffsetNs + job.kernel.now);
  const { findings } = job.end();
  assert.deepEqual(
    job.notices.map(({ rule }) => rule),
    ['policy-forged'],
  );
  assert.deepEqual(findings, job.notices);
});

test('in a pod whose runner has not shown itself a finding is told at once too, as of the pod', () => {
  const notices: Finding[] = [];
  const kernel = new FakeKernel();
  const { pipeline, spans } = record({ onFinding: (finding) => notices.push(finding) });
  const shell = kernel.spawn(kernel.process(), '/bin/sh');
  kernel.file(shell, '/proc/1/environ', { operation: 'read' });
  const other = kernel.spawn(kernel.process(), '/opt/other');
  kernel.reach(shell, other);
  pushAll(pipeline, [helloEvent(), ...kernel.events.splice(0)]);
  assert.ok(notices.length > 0);
  kernel.exit(shell);
  pushAll(pipeline, kernel.events);
  pipeline.finish(helloEvent().realtimeOffsetNs + kernel.now);
  for (const { id, evidence } of notices)
    for (const spanId of [id, evidence.spanId]) assert.ok(spans.some((span) => span.spanId === spanId));
});

test('a job that makes 100,000 findings has people told of 200 at most, of the worst for all that, and its spans all the same', () => {
  const job = new RunningJob();
  job.kernel.resolve(job.shell, 'github.com', ['203.0.113.1']);
  for (let n = 0; n < 100_000; n += 1) {
    job.kernel.connect(job.shell, `192.0.2.${n % 250}`, 1 + (n >> 2));
    if (n % 1_000 === 0) job.tell();
  }
  job.kernel.reach(job.shell, job.worker);
  job.tell();
  assert.ok(job.notices.length <= 200, String(job.notices.length));
  assert.equal(job.notices.at(-1)?.severity, 'Critical');
  const { findings } = job.end();
  assert.equal(findings.length, job.notices.length);
});

test('whatever a job calls its programs and files, the gateway can take what is told of it', () => {
  const name = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 600 }),
    fc.constantFrom('', 'ghp_'.repeat(400), '\u202e'),
  );
  fc.assert(
    fc.property(name, name, name, (program, file, repository) => {
      const job = new RunningJob();
      const thief = job.kernel.spawn(job.shell, `/tmp/${program}`, { env: { GITHUB_REPOSITORY: repository } });
      job.kernel.reach(thief, job.worker);
      job.kernel.file(thief, `/home/runner/work/web/web/.git/hooks/${file}`, { operation: 'create' });
      job.tell();
      assert.ok(job.notices.length > 0);
      for (const notice of job.notices) assert.deepEqual(findingSchema.parse(notice), notice);
    }),
    { numRuns: 50 },
  );
});

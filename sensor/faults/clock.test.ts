import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeKernel, helloEvent, statsEvent } from '../lineage/testing/fake-kernel.ts';
import { pushAll, record, spanNamed } from '../lineage/testing/recording.ts';
import { ProbeTime } from '../probe-time.ts';

const hour = 3_600_000_000_000n;
const offset = helloEvent().realtimeOffsetNs;

/** Steps of the clock by an hour, forwards and backwards, between two steps of a job. */
for (const step of [hour, -hour]) {
  test(`spans of a job agree with each other when the clock is set by ${step / hour} h meanwhile`, () => {
    const kernel = new FakeKernel();
    const { pipeline, spans } = record();
    const worker = kernel.spawn(kernel.process(), '/home/runner/bin/Runner.Worker');
    const runStep = (name: string) =>
      kernel.run(worker, '/usr/bin/bash', { env: { GITHUB_ACTION: name, GITHUB_RUN_ID: '7' } });
    runStep('one');
    pushAll(pipeline, [helloEvent(), ...kernel.events.splice(0)]);
    pipeline.push(statsEvent({ realtimeOffsetNs: offset + step }));
    runStep('two');
    kernel.exit(worker, 100);
    pushAll(pipeline, kernel.events.splice(0));
    pipeline.finish(offset + kernel.now);
    const [job, one, two] = ['runner-1', 'one', 'two'].map((name) => spanNamed(spans, name));
    assert.ok(job && one && two);
    assert.ok(job.start < one.start && one.end < two.start && two.end < job.end);
    assert.ok(job.end - job.start < 1_000_000_000n);
  });
}

test('a job that begins after the clock was set has the time as it is then', () => {
  const kernel = new FakeKernel();
  const { pipeline, spans } = record({ engine: 'generic' });
  pushAll(pipeline, [helloEvent(), statsEvent({ realtimeOffsetNs: offset + hour })]);
  kernel.run(kernel.process(), '/usr/bin/make');
  pushAll(pipeline, kernel.events);
  pipeline.finish(offset + kernel.now);
  assert.ok(spanNamed(spans, 'make').start > offset + hour);
});

test('time goes on from the hello, whatever the time of day does', () => {
  const clock = { now: () => ms, wall: () => new Date(wall), after: () => () => {} };
  let ms = 0;
  let wall = 1_700_000_000_000;
  const time = new ProbeTime(clock);
  time.hear(helloEvent({ time: 5n }));
  ms = 1_500;
  wall = 0;
  assert.equal(time.now(), offset + 5n + 1_500_000_000n);
});

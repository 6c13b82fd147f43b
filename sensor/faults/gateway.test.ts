import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skip } from '../probe/testing/machine.ts';
import { startFaultPod, until } from './testing/fault-pod.ts';
import type { Conduct } from './testing/gateway.ts';
import { assertAccountCloses, assertNothingLost, assertPriorityLane, jobSpan } from './testing/verdict.ts';

const programs = 40;

/** The first requests are met so; then the gateway is well again. */
const faults: [name: string, conduct: (bytes: number, nth: number) => Conduct][] = [
  ['is slow', (_, nth) => (nth < 3 ? { afterMs: 1_500 } : {})],
  ['answers 413 to all but small requests', (bytes) => ({ status: bytes > 12_000 ? 413 : 200 })],
  ['answers 429 with Retry-After', (_, nth) => ({ status: nth < 2 ? 429 : 200, retryAfter: '1' })],
  ['answers 503 with Retry-After', (_, nth) => ({ status: nth < 2 ? 503 : 200, retryAfter: '1' })],
  ['answers 500', (_, nth) => ({ status: nth < 3 ? 500 : 200 })],
  ['resets the connection in the middle of the request', (_, nth) => (nth < 2 ? { cut: 'request' } : {})],
  ['resets the connection in the middle of its answer', (_, nth) => (nth < 2 ? { cut: 'answer' } : {})],
  [
    'answers 200 with a page of somebody else',
    (_, nth) => ({ status: 200, body: nth < 2 ? '<html>sign in</html>' : '{}' }),
  ],
];

for (const [name, conduct] of faults) {
  test(`a gateway that ${name} costs nothing`, { skip }, async () => {
    await using pod = await startFaultPod();
    pod.gateway.conduct = conduct;
    const job = pod.startJob(programs);
    for (const step of ['one', 'two']) {
      assert.equal(await pod.stepDone(step), programs);
      await pod.openGate();
    }
    await job;
    const span = await jobSpan(pod);
    assert.equal(await pod.end(), 0);
    assertAccountCloses(span);
    assertPriorityLane(pod);
    assertNothingLost(pod, span, programs);
  });
}

test('a gateway that refuses connections until after the job costs nothing', { skip }, async () => {
  await using pod = await startFaultPod();
  await pod.gateway.leave();
  const job = pod.startJob(programs);
  for (const step of ['one', 'two']) {
    await pod.stepDone(step);
    await pod.openGate();
  }
  await job;
  await pod.gateway.listen();
  const span = await jobSpan(pod);
  await pod.end();
  assertAccountCloses(span);
  assertPriorityLane(pod);
  assertNothingLost(pod, span, programs);
});

test('what a gateway refuses for good stands on the job, and takes neither job nor step along', { skip }, async () => {
  await using pod = await startFaultPod();
  let refusing = true;
  pod.gateway.conduct = () => ({ status: refusing ? 400 : 200 });
  const job = pod.startJob(programs);
  await pod.stepDone('one');
  await until(() => pod.gateway.failures > 0);
  refusing = false;
  await pod.openGate();
  await pod.stepDone('two');
  await pod.openGate();
  await job;
  const { attributes } = await jobSpan(pod);
  await pod.end();
  assertPriorityLane(pod);
  assert.equal(attributes['chaperone.coverage.complete'], false);
  assert.ok(Number(attributes['chaperone.coverage.spans.cause.refused']) > 0);
});

test('a gateway that never comes back does not hold the pod up, and the log says what was not delivered', {
  skip,
}, async () => {
  await using pod = await startFaultPod();
  await pod.gateway.leave();
  const job = pod.startJob(programs);
  for (const step of ['one', 'two']) {
    await pod.stepDone(step);
    await pod.openGate();
  }
  await job;
  assert.equal(await pod.end(), 0);
  assert.match(pod.output, /"0 spans delivered, \d+ not"/);
});

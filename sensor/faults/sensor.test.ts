import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { skip } from '../probe/testing/machine.ts';
import { type FaultPod, smallDisk, startFaultPod, until } from './testing/fault-pod.ts';
import { assertAccountCloses, assertNothingLost, assertPriorityLane, jobSpan } from './testing/verdict.ts';

const programs = 60;

/** Programs of the steps that the gateway knows. */
function told({ gateway }: FaultPod): number {
  return [...gateway.spans.values()].filter(({ name }) => name === 'true').length;
}

test('a sensor that stands still for ten seconds loses nothing that the queue has room for', { skip }, async () => {
  await using pod = await startFaultPod();
  const goOn = await pod.holdNode();
  const job = pod.startJob(programs);
  await pod.stepDone('one');
  await delay(10_000); // the fault itself
  goOn();
  await pod.finishJob(job);
  const span = await jobSpan(pod);
  await pod.end();
  assertAccountCloses(span);
  assertPriorityLane(pod);
  assertNothingLost(pod, span, programs);
});

test('a sensor that stands still longer than the queue has room counts what it missed, and keeps job and steps', {
  skip,
}, async () => {
  await using pod = await startFaultPod({ probeArgs: ['--queue-bytes', '131072'] });
  const job = pod.startJob(600);
  await pod.stepDone('one');
  const goOn = await pod.holdNode();
  await pod.openGate();
  await pod.stepDone('two');
  goOn();
  await pod.openGate();
  await job;
  // The end of the job may be among what was missed.
  await pod.end();
  const span = await jobSpan(pod);
  assertAccountCloses(span);
  assertPriorityLane(pod);
  assert.ok(Number(span.attributes['chaperone.coverage.cause.queue']) > 0);
  assert.equal(span.attributes['chaperone.coverage.complete'], false);
});

/** Each ends Node in the middle of the second step: as the kernel would, and as the probe does before the memory's limit is reached. */
for (const signal of ['SIGKILL', 'SIGHUP'] as const) {
  test(`Node ended by ${signal} in the middle of a job is followed by one that knows what it knew`, {
    skip,
  }, async () => {
    await using pod = await startFaultPod();
    const job = pod.startJob(programs);
    await pod.stepDone('one');
    await pod.openGate();
    await pod.stepDone('two');
    const { node } = pod;
    process.kill(node, signal);
    await until(() => pod.node > 0 && pod.node !== node);
    await pod.openGate();
    await job;
    const span = await jobSpan(pod);
    await pod.end();
    assertAccountCloses(span);
    assertPriorityLane(pod);
    assert.equal(span.attributes['chaperone.coverage.restarts'], 1);
    assertNothingLost(pod, span, programs, 1);
  });
}

test('Node killed again and again in a storm, with the gateway away: nothing is lost, nothing told twice', {
  skip,
}, async () => {
  await using pod = await startFaultPod();
  await pod.gateway.leave();
  const job = pod.startJob(400);
  for (let kills = 0; kills < 2; kills += 1) {
    const { node } = pod;
    process.kill(node, 'SIGKILL');
    await until(() => pod.node > 0 && pod.node !== node && pod.armed === kills + 2);
  }
  await pod.stepDone('one');
  await pod.gateway.listen();
  await pod.finishJob(job);
  const span = await jobSpan(pod);
  await pod.end();
  assertAccountCloses(span);
  assertPriorityLane(pod);
  assertNothingLost(pod, span, 400, 2);
});

test('after the probe was killed the next one finds the job, says that nobody watched, and gives job and steps', {
  skip,
}, async () => {
  await using pod = await startFaultPod();
  const job = pod.startJob(programs);
  await pod.stepDone('one');
  await pod.openGate();
  await pod.stepDone('two');
  // What the probe still holds dies with it; this is of what it had handed on.
  await until(() => told(pod) === 2 * programs);
  const { node } = pod;
  process.kill(pod.probe, 'SIGKILL');
  // As the kernel does with everything in a container whose first process ends.
  process.kill(node, 'SIGKILL');
  await pod.ended();
  await pod.startSensor();
  await pod.openGate();
  await job;
  assert.equal(await pod.end(), 0);
  const span = await jobSpan(pod);
  assertAccountCloses(span);
  assertPriorityLane(pod);
  assert.equal(span.attributes['chaperone.coverage.interruptions'], 1);
  assert.equal(span.attributes['chaperone.coverage.complete'], false);
  assert.deepEqual(pod.gateway.changed, []);
});

test('a full disk costs nothing while Node lives', { skip }, async () => {
  await using pod = await startFaultPod({ wrapper: smallDisk('64k') });
  await pod.gateway.leave();
  const job = pod.startJob(400);
  await pod.stepDone('one');
  await pod.gateway.listen();
  await pod.finishJob(job);
  const span = await jobSpan(pod);
  await pod.end();
  assert.equal(span.attributes['chaperone.coverage.restarts'], 0);
  assertAccountCloses(span);
  assertPriorityLane(pod);
  assertNothingLost(pod, span, 400);
});

test('a full disk and a killed Node: what was not kept is said', { skip }, async () => {
  await using pod = await startFaultPod({ wrapper: smallDisk('64k') });
  const job = pod.startJob(400);
  await pod.stepDone('one');
  await until(() => told(pod) > 200);
  const { node } = pod;
  process.kill(node, 'SIGKILL');
  await until(() => pod.node > 0 && pod.node !== node);
  await pod.finishJob(job);
  const span = await jobSpan(pod);
  await pod.end();
  assertAccountCloses(span);
  assert.ok(Number(span.attributes['chaperone.coverage.cause.restart']) > 0);
  assert.equal(span.attributes['chaperone.coverage.complete'], false);
  assertPriorityLane(pod);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skip } from '../probe/testing/machine.ts';
import { startFaultPod } from './testing/fault-pod.ts';
import { assertAccountCloses, assertNothingLost, assertPriorityLane, jobSpan } from './testing/verdict.ts';

const programs = 1_500;

test('a storm of 3,000 programs and 3,000 connections arrives to the last one, the gateway failing in every way meanwhile', {
  skip,
}, async () => {
  await using pod = await startFaultPod();
  const conducts = [
    { status: 503, retryAfter: '1' },
    { cut: 'answer' },
    { body: 'not OTLP' },
    { cut: 'request' },
  ] as const;
  pod.gateway.conduct = (bytes, nth) =>
    bytes > 200_000 ? { status: 413 } : ((nth % 2 ? conducts[(nth >> 1) % 4] : undefined) ?? {});
  const job = pod.startJob(programs);
  const counted = [];
  for (const step of ['one', 'two']) {
    counted.push(await pod.stepDone(step));
    await pod.openGate();
  }
  await job;
  const span = await jobSpan(pod);
  await pod.end();
  assert.deepEqual(counted, [programs, programs]);
  assert.ok(pod.gateway.failures > 0);
  assertAccountCloses(span);
  assertPriorityLane(pod);
  assertNothingLost(pod, span, programs);
});

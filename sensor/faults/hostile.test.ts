import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratchFolder } from '../probe/testing/actor.ts';
import { skip } from '../probe/testing/machine.ts';
import { type FaultPod, startFaultPod, until } from './testing/fault-pod.ts';
import { assertAccountCloses, assertNothingLost, assertPriorityLane, jobSpan } from './testing/verdict.ts';

const programs = 40;

/** The job is told whole, whatever was done to the sensor. */
async function assertToldWhole(pod: FaultPod, job: Promise<unknown>, kills = 0): Promise<void> {
  await pod.finishJob(job);
  const span = await jobSpan(pod);
  assert.equal(await pod.end(), 0);
  assertAccountCloses(span);
  assertPriorityLane(pod);
  assertNothingLost(pod, span, programs, kills);
}

test("a job that writes the pod's /etc/hosts does not lead the sensor away from its gateway", { skip }, async () => {
  const hosts = join(scratchFolder, 'hosts');
  writeFileSync(hosts, '127.0.0.1 gateway.test\n');
  const shared = ['/usr/bin/unshare', '-m', '/bin/sh', '-c', `mount --bind ${hosts} /etc/hosts && exec "$@"`, 'sh'];
  await using pod = await startFaultPod({ wrapper: () => shared, gatewayHost: 'gateway.test' });
  await until(() => pod.gateway.hellos > 0);
  await pod.gateway.leave();
  writeFileSync(hosts, '127.0.0.9 gateway.test\n');
  const job = pod.startJob(programs);
  await pod.stepDone('one');
  await pod.gateway.listen();
  await assertToldWhole(pod, job);
});

/** Where the containers of a pod share their processes and the job is root. */
for (const target of ['node', 'probe'] as const) {
  test(`a job that stops the sensor (${target}) does not: it goes on`, { skip }, async () => {
    await using pod = await startFaultPod();
    await until(() => pod.gateway.hellos > 0);
    process.kill(pod[target], 'SIGSTOP');
    await assertToldWhole(pod, pod.startJob(programs));
  });
}

test('a job that asks Node for its debugger gets none', { skip }, async () => {
  await using pod = await startFaultPod();
  await until(() => pod.gateway.hellos > 0);
  process.kill(pod.node, 'SIGUSR1');
  await assertToldWhole(pod, pod.startJob(programs));
  assert.doesNotMatch(pod.log(), /Debugger/);
});

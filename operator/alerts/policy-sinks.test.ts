import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { ChaperoneError } from '../../crds/errors.ts';
import { aPolicyObject } from '../controllers/testing/builders.ts';
import { createManualClock, settle } from '../runtime/testing/clocks.ts';
import { silentLog } from '../runtime/testing/observers.ts';
import { createFindingMetrics } from './metrics.ts';
import { createPolicySinks } from './policy-sinks.ts';
import { anAlert } from './testing/alerts.ts';

function rig({ isEnabled = true, missing = false, answer = Promise.resolve() } = {}) {
  const posted: string[] = [];
  const notes: string[] = [];
  const registry = new Registry();
  const clock = createManualClock();
  const sinks = createPolicySinks({
    readTarget: async (_namespace, { slack, webhook }) => {
      if (missing) throw new ChaperoneError('sink-secret-unusable', 'there is no Secret');
      const name = (slack ?? webhook)?.secretRef.name ?? '';
      return { kind: 'webhook', url: new URL(`https://${name}.example.com`) };
    },
    post: async ({ hostname }) => {
      posted.push(hostname);
      await answer;
      return { result: 'sent' };
    },
    events: {
      tellOnPod: async () => true,
      tellOnPolicy: async () => {},
      note: async (_policy, { reason, note }) => void notes.push(`${reason}: ${note}`),
    },
    metrics: createFindingMetrics(registry),
    clock,
    random: () => 0.5,
    log: silentLog,
    isEnabled,
  });
  return { sinks, posted, notes, registry, clock };
}

const policy = (...names: string[]) =>
  aPolicyObject({ alerts: { sinks: names.map((name) => ({ name: 'sec', webhook: { secretRef: { name } } })) } });

test("A policy's sink takes alerts where the policy says now, until the policy says no more", async () => {
  const { sinks, posted, registry } = rig();
  sinks.update(policy('one'));
  const [first] = sinks.of('policy-uid');
  assert.equal(first?.minSeverity, 'Medium');
  first?.sink.offer(anAlert(1));
  await settle();
  sinks.update(policy('two'));
  assert.equal(sinks.of('policy-uid')[0]?.sink, first?.sink, 'what waits goes on');
  first?.sink.offer(anAlert(2));
  await settle();
  assert.deepEqual(posted, ['one.example.com', 'two.example.com']);
  assert.match(await registry.metrics(), /alerts_total\{sink="ci\/web\/sec",result="sent"\} 2/);
  sinks.update(policy());
  await settle();
  assert.deepEqual(sinks.of('policy-uid'), []);
  assert.doesNotMatch(await registry.metrics(), /ci\/web\/sec/);
});

test('A try that is under way when its sink ends leaves no figures behind', async () => {
  const { promise: answer, resolve } = Promise.withResolvers<void>();
  const { sinks, registry, clock } = rig({ answer });
  sinks.update(policy('one'));
  sinks.of('policy-uid')[0]?.sink.offer(anAlert(1));
  await settle();
  sinks.remove(policy('one'));
  await clock.advance(1);
  resolve();
  await settle();
  assert.doesNotMatch(await registry.metrics(), /ci\/web\/sec/);
});

test('A policy that is gone has no sinks', async () => {
  const { sinks } = rig();
  sinks.update(policy('one'));
  sinks.remove(policy('one'));
  assert.deepEqual(sinks.of('policy-uid'), []);
});

test('A policy is told at once of a Secret that cannot be used', async () => {
  const { sinks, notes } = rig({ missing: true });
  sinks.update(policy('one'));
  await settle();
  assert.deepEqual(notes, ['AlertSinkNotReady: No alert reaches the sink sec as it is: there is no Secret.']);
});

test('A policy is told that its sinks are turned off, or that there are too many', async () => {
  const off = rig({ isEnabled: false });
  off.sinks.update(policy('one'));
  assert.match(off.notes.join(), /turned off in this cluster \(gateway\.alerts\.policySinks\)/);
  assert.deepEqual(off.sinks.of('policy-uid'), []);
  const { sinks, notes } = rig();
  const take = (namespace: string, from: number, to: number) => {
    for (let n = from; n <= to; n += 1)
      sinks.update({ ...policy('one'), metadata: { name: `p${n}`, namespace, uid: `u${n}` } });
  };
  take('loud', 0, 100);
  assert.deepEqual([sinks.of('u99').length, sinks.of('u100').length], [1, 0]);
  assert.match(notes.join(), /policies of this namespace have 100 sinks already/);
  for (let n = 1; n <= 4; n += 1) take(`of-${n}`, n * 1000, n * 1000 + 99);
  take('late', 5000, 5000);
  assert.deepEqual([sinks.of('u4099').length, sinks.of('u5000').length], [1, 0]);
  assert.match(notes.join(), /policies of this cluster have 500 sinks already/);
  sinks.remove({ ...policy('one'), metadata: { name: 'p1000', namespace: 'of-1', uid: 'u1000' } });
  assert.deepEqual([sinks.of('u1000').length, sinks.of('u5000').length], [0, 1], 'whoever waits for room gets it');
});

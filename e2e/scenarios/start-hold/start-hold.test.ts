import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { awaitCondition, awaitPhase, createObject, get, type KubeObject, kubectl, list } from '../kubectl.ts';
import { plainPod } from '../plain-pod.ts';
import { setStage } from '../stage.ts';
import { until } from '../until.ts';

describe('start hold: the ends that the hook has, which holds the runner back', () => {
  const stage = setStage('start-hold', import.meta.dirname, ['hold-armed', 'hold-hardened', 'hold-mute']);
  before(() =>
    stage.guard(async () => {
      await awaitCondition('hold-armed', 'agentpolicy/closed', 'Accepted');
      for (const [namespace, name] of [
        ['hold-hardened', 'open'],
        ['hold-hardened', 'closed'],
        ['hold-mute', 'open'],
      ] as const) {
        await awaitCondition(namespace, `agentpolicy/${name}`, 'Accepted');
      }
    }),
  );
  after(async () => {
    await kubectl('delete', '--ignore-not-found', 'mutatingadmissionpolicy', 'take-capabilities', 'read-only-volumes');
    await kubectl(
      'delete',
      '--ignore-not-found',
      'mutatingadmissionpolicybinding',
      'take-capabilities',
      'read-only-volumes',
    );
  });

  const check = (title: string, assertion: () => void | Promise<void>) =>
    test(title, () => stage.guard(async () => await assertion()));

  check('armed: the runner starts after the sensor, and the pod says so', async () => {
    await createObject(plainPod('hold-armed', 'armed', 'true'));
    const pod = await awaitPhase('hold-armed', 'armed', ['Succeeded']);
    const status = await sensorStatus('hold-armed', 'armed');
    assert.equal(status.armed, true);
    const [sensor] = pod.status.initContainerStatuses;
    assert.ok(sensor.state.terminated.startedAt <= pod.status.containerStatuses[0].state.terminated.startedAt);
  });

  check('not armed, Open: the job runs, and the pod says that it is not held and why', async () => {
    await createObject(plainPod('hold-hardened', 'open', 'true', { failure: 'open' }));
    await awaitPhase('hold-hardened', 'open', ['Succeeded']);
    const status = await sensorStatus('hold-hardened', 'open');
    assert.equal(status.armed, false);
    assert.ok(status.reason, JSON.stringify(status));
  });

  check(
    'not armed, Closed: the runner waits, an Event and the status say why, nothing ends with an error',
    async () => {
      await createObject(plainPod('hold-hardened', 'closed', 'true', { failure: 'closed' }));
      const pod = await until('the hook to have refused', 30, async () => {
        const found = await get('hold-hardened', 'pod/closed');
        return found.status.initContainerStatuses?.[0].restartCount >= 1 && found;
      });
      assert.equal(pod.status.containerStatuses[0].state.running, undefined);
      assert.equal(pod.status.initContainerStatuses[0].lastState.terminated.exitCode, 0);
      const status = await sensorStatus('hold-hardened', 'closed');
      assert.equal(status.armed, false);
      await until('an Event of ours that says why', 20, async () => {
        const events = await list('events', '-n', 'hold-hardened', '--field-selector', 'involvedObject.name=closed');
        return events.some(isOurs);
      });
    },
  );

  check('not armed, Closed: the waiting pod is deleted without delay', async () => {
    const before = performance.now();
    await kubectl('delete', 'pod', '-n', 'hold-hardened', 'closed', '--timeout=20s');
    assert.ok(performance.now() - before < 20_000);
  });

  check('never said, Open: the hook ends by itself and the job runs', async () => {
    await createObject(plainPod('hold-mute', 'mute', 'true'));
    await awaitPhase('hold-mute', 'mute', ['Succeeded'], 60);
  });

  async function sensorStatus(namespace: string, pod: string): Promise<KubeObject> {
    return await until(`the sensor of ${namespace}/${pod} to have said how it is`, 20, async () => {
      const text = (await get(namespace, `pod/${pod}`)).metadata.annotations['chaperone.dev/sensor-status'];
      return text !== undefined && JSON.parse(text);
    });
  }
});

function isOurs(event: KubeObject): boolean {
  return /chaperone/.test(event.reportingComponent ?? event.source?.component ?? '') && event.message !== '';
}

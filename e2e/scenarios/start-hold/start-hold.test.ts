import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { awaitCondition, awaitPhase, createObject, get, type KubeObject, kubectl, list, logs } from '../kubectl.ts';
import { plainPod } from '../plain-pod.ts';
import { setStage } from '../stage.ts';
import { until } from '../until.ts';

const policies = [
  'hold-armed/closed',
  'hold-unarmed/open',
  'hold-unarmed/closed',
  'hold-mute/open',
  'hold-mute/closed',
];

describe('start hold: the ends that the hook has, which holds the runner back', () => {
  const stage = setStage('start-hold', import.meta.dirname, ['hold-armed', 'hold-unarmed', 'hold-mute']);
  before(() =>
    stage.guard(async () => {
      for (const policy of policies) {
        const [namespace = '', name = ''] = policy.split('/');
        await awaitCondition(namespace, `agentpolicy/${name}`, 'SensorAdmitted');
      }
    }),
  );
  after(() => kubectl('delete', '--ignore-not-found', 'runtimeclass', 'without-cgroup2'));

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

  check('armed: so it is in a pod all of whose containers run as root, and in one with an fsGroup', async () => {
    const contexts = { root: { runAsUser: 0 }, group: { runAsUser: 1001, fsGroup: 4711 } };
    for (const [name, securityContext] of Object.entries(contexts)) {
      const pod = plainPod('hold-armed', name, 'true');
      await createObject({ ...pod, spec: { ...pod.spec, securityContext } });
    }
    for (const name of Object.keys(contexts)) {
      await awaitPhase('hold-armed', name, ['Succeeded']);
      assert.equal((await sensorStatus('hold-armed', name)).armed, true);
    }
  });

  check('not armed, Open: the job runs, and the pod says that it is not held and why', async () => {
    await createObject(unarmedPod('open'));
    const pod = await awaitPhase('hold-unarmed', 'open', ['Succeeded']);
    const status = await sensorStatus('hold-unarmed', 'open');
    assert.equal(status.armed, false);
    assert.match(status.reason, /cgroup/);
    assert.equal(pod.status.initContainerStatuses[0].state.terminated.exitCode, 0);
  });

  check(
    'not armed, Closed: the runner waits, an Event and the status say why, nothing ends with an error',
    async () => {
      await createObject(unarmedPod('closed'));
      const pod = await until('the hook to have refused twice', 60, async () => {
        const found = await get('hold-unarmed', 'pod/closed');
        return found.status.initContainerStatuses?.[0].restartCount >= 1 && found;
      });
      assert.ok(pod.status.containerStatuses[0].state.waiting, JSON.stringify(pod.status.containerStatuses));
      assert.equal(pod.status.initContainerStatuses[0].lastState.terminated.exitCode, 0);
      const status = await sensorStatus('hold-unarmed', 'closed');
      assert.equal(status.armed, false);
      assert.match(status.reason, /cgroup/);
      await until('an Event of ours that says why', 20, async () => {
        const events = await list('events', '-n', 'hold-unarmed', '--field-selector', 'involvedObject.name=closed');
        return events.some((event) => isOurs(event) && /cgroup/.test(event.message));
      });
    },
  );

  check('not armed, Closed: the waiting pod is deleted without delay', async () => {
    await kubectl('delete', 'pod', '-n', 'hold-unarmed', 'closed', '--timeout=20s');
  });

  check('never said, Open: the hook ends by itself, and the job runs', async () => {
    await createMutePod('open');
    await awaitPhase('hold-mute', 'open', ['Succeeded'], 60);
  });

  check('never said, Closed: the hook ends by itself, the runner waits, and the pod can be deleted', async () => {
    await createMutePod('closed');
    await until('the hook to have ended', 60, async () => {
      const events = await list('events', '-n', 'hold-mute', '--field-selector', 'involvedObject.name=closed');
      return events.some(({ reason }) => reason === 'FailedPostStartHook');
    });
    assert.equal(await logs('hold-mute', 'closed', 'runner').catch(() => 'never started'), 'never started');
    await kubectl('delete', 'pod', '-n', 'hold-mute', 'closed', '--timeout=20s');
  });

  function unarmedPod(failure: string): KubeObject {
    const pod = plainPod('hold-unarmed', failure, 'true', { failure });
    pod.spec.runtimeClassName = 'without-cgroup2';
    return pod;
  }

  async function sensorStatus(namespace: string, pod: string): Promise<KubeObject> {
    return await until(`the sensor of ${namespace}/${pod} to have said how it is`, 20, async () => {
      const text = (await get(namespace, `pod/${pod}`)).metadata.annotations['chaperone.dev/sensor-status'];
      return text !== undefined && JSON.parse(text);
    });
  }
});

/**
 * An injected pod in which the sensor cannot open its socket: what our webhook makes of it, with the socket's volume made read-only afterwards, as another webhook
 * behind ours could. Ours would mend that, so the namespace is taken from it before.
 */
async function createMutePod(failure: string): Promise<void> {
  const label = (value: string) => kubectl('label', 'namespace', 'hold-mute', '--overwrite', value);
  await label('chaperone.dev/injection=enabled');
  const { metadata, spec } = await createObject(
    plainPod('hold-mute', failure, 'true', { failure }),
    '--dry-run=server',
  );
  const [sensor] = spec.initContainers;
  for (const mount of sensor.volumeMounts) if (mount.name === 'chaperone-run') mount.readOnly = true;
  const { name, namespace, labels, annotations } = metadata;
  await label('chaperone.dev/injection-');
  await createObject({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, labels, annotations }, spec });
}

function isOurs(event: KubeObject): boolean {
  return /chaperone/.test(event.reportingComponent ?? event.source?.component ?? '');
}

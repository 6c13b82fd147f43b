import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { awaitCondition, createObject, type KubeObject } from '../kubectl.ts';
import { plainPod } from '../plain-pod.ts';
import { setStage } from '../stage.ts';

const namespace = 'admitted';

describe('admission: the webhook in the real API server', () => {
  const stage = setStage('admission', import.meta.dirname, [namespace]);
  before(() => stage.guard(() => awaitCondition(namespace, 'agentpolicy/watch', 'Ready')));

  const check = (title: string, assertion: () => void | Promise<void>) =>
    test(title, () => stage.guard(async () => await assertion()));
  const admitted = (pod: KubeObject) => createObject(pod, '--dry-run=server');

  check('the sensor is the first init container, before those that the user wrote', async () => {
    const pod = plainPod(namespace, 'first', 'true', { app: 'runner' });
    pod.spec.initContainers = [{ name: 'prepare', image: 'localhost/chaperone-runner:1', command: ['true'] }];
    const { spec } = await admitted(pod);
    assert.deepEqual(
      spec.initContainers.map(({ name }: KubeObject) => name),
      ['chaperone-sensor', 'prepare'],
    );
    assert.equal(spec.initContainers[0].restartPolicy, 'Always');
  });

  check('what was injected once is not changed by a second time through the webhook', async () => {
    const once = await admitted(plainPod(namespace, 'twice', 'true', { app: 'runner' }));
    const { annotations, labels, name } = once.metadata;
    const twice = await admitted({ ...once, metadata: { annotations, labels, name, namespace }, status: undefined });
    assert.deepEqual(twice.spec, once.spec);
    assert.deepEqual(twice.metadata.annotations, annotations);
    assert.deepEqual(twice.metadata.labels, labels);
  });

  check('the containers of the user are left as they were written', async () => {
    const pod = plainPod(namespace, 'user', 'true', { app: 'runner' });
    const { spec } = await admitted(pod);
    const { name, image, command, volumeMounts, env } = spec.containers[0];
    assert.deepEqual(
      { name, image, command, volumeMounts, env },
      { ...pod.spec.containers[0], volumeMounts: undefined, env: undefined },
    );
    assert.equal(spec.terminationGracePeriodSeconds, 20);
  });

  check('a pod of the namespace that no policy names gets a sensor for tracing', async () => {
    const { spec } = await admitted(plainPod(namespace, 'unnamed', 'true'));
    assert.equal(spec.initContainers[0].name, 'chaperone-sensor');
  });

  check('a pod that opts out of tracing gets none', async () => {
    const { spec } = await admitted(plainPod(namespace, 'out', 'true', { 'chaperone.dev/injection': 'disabled' }));
    assert.equal(spec.initContainers, undefined);
  });
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import type { Finding } from '../../../crds/finding.ts';
import { writeLastWords } from '../../../crds/last-words.ts';
import { lastWordsAnnotation, sensorContainer, sensorInjected, sensorLabel } from '../../../crds/names.ts';
import { aFinding } from '../../alerts/testing/findings.ts';
import type { KubeObject, Pod } from '../../kube/objects.ts';
import { pods } from '../../kube/resources.ts';
import { type ApiServer, startApiServer } from '../../kube/testing/api-server.ts';
import { systemClock } from '../../runtime/clock.ts';
import { createNotingObserver } from '../../runtime/testing/observers.ts';
import { createStores } from '../../stores.ts';
import { createLastWordsController } from './controller.ts';

const namespace = 'ci';
let api: ApiServer;
before(async () => {
  api = await startApiServer();
  await api.kubectl('create', 'namespace', namespace);
});
after(() => api.close());

/** The operator's part that reads last words, and a gateway that takes them after so many refusals. */
async function startOperator(refusals = 0) {
  const told: { pod: string; findings: readonly Finding[] }[] = [];
  let tries = 0;
  const onError = () => {};
  const environment = { transport: api.transport, clock: systemClock, random: Math.random, onError };
  const { stores, caches } = createStores({ ...environment, webhookConfiguration: 'chaperone' });
  const controller = createLastWordsController({
    client: api.client,
    stores,
    clock: systemClock,
    log: pino({ level: 'silent' }),
    observer: createNotingObserver(),
    post: async (pod, findings) => {
      tries += 1;
      if (tries <= refusals) throw new Error('the gateway is away');
      told.push({ pod: pod.metadata.name, findings });
      return undefined;
    },
  });
  await caches.start();
  await controller.start();
  const stop = async () => {
    await controller.stop();
    await caches.stop();
  };
  return { told, [Symbol.asyncDispose]: stop };
}

async function makePod(name: string): Promise<Pod> {
  const image = 'registry.example.com/runner:1';
  const initContainers = [{ name: sensorContainer, image, restartPolicy: 'Always' }];
  return await api.client.create<Pod>(pods, {
    metadata: { name, namespace, labels: { [sensorLabel]: sensorInjected } },
    spec: { initContainers, containers: [{ name: 'runner', image }] },
  } as KubeObject as Pod);
}

/** As the kubelet does. */
async function kill(name: string, message: string): Promise<void> {
  const terminated = { exitCode: 137, reason: 'Error', message };
  const state = { name: sensorContainer, restartCount: 0, ready: false, image: '', imageID: '', state: { terminated } };
  const status = { status: { phase: 'Failed', initContainerStatuses: [state] } };
  await api.kubectl(
    'patch',
    'pod',
    name,
    '-n',
    namespace,
    '--subresource=status',
    '--type=merge',
    '-p',
    JSON.stringify(status),
  );
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let look = 0; look < 600; look += 1) {
    if (await condition()) return;
    await delay(50);
  }
  throw new Error(`It did not come to pass: ${condition}`);
}

const isTaken = async (name: string) =>
  (await api.client.get<Pod>(pods, { name, namespace })).metadata.annotations?.[lastWordsAnnotation] !== undefined;

test('the findings of a killed sensor go to the gateway, again until it takes them, and once for all operators', async () => {
  await makePod('killed');
  {
    await using operator = await startOperator(2);
    await kill('killed', writeLastWords([aFinding(1), aFinding(2)]));
    await until(() => isTaken('killed'));
    assert.deepEqual(
      operator.told.map(({ findings }) => findings.map(({ id }) => id)),
      [[aFinding(1).id, aFinding(2).id]],
    );
  }
  await makePod('other');
  await using next = await startOperator();
  await kill('other', writeLastWords([aFinding(3)]));
  await until(() => next.told.length > 0);
  assert.deepEqual(
    next.told.map(({ pod }) => pod),
    ['other'],
  );
});

test('a pod that is gone at once after its sensor was killed is told of all the same', async () => {
  await makePod('gone');
  await using operator = await startOperator(1);
  await kill('gone', writeLastWords([aFinding(4)]));
  await api.kubectl('delete', 'pod', 'gone', '-n', namespace, '--grace-period=0', '--force');
  await until(() => operator.told.some(({ pod }) => pod === 'gone'));
});

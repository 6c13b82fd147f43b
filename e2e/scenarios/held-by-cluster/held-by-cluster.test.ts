import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { startServer } from '../internet.ts';
import { spansOfPod } from '../jaeger.ts';
import { awaitCondition, awaitPhase, createObject, get, kubectl, logs } from '../kubectl.ts';
import { plainPod, tryPlaces } from '../plain-pod.ts';
import { setStage } from '../stage.ts';
import { until } from '../until.ts';

const named = '203.0.113.2:8080';
const exceptedAddress = '203.0.113.9:8080';
const otherPort = '203.0.113.2:9090';
const otherBlock = '198.51.100.2:8080';
const everything = [named, exceptedAddress, otherPort, otherBlock];

interface Outcome {
  /** What the pod said, one line a place, sorted. */
  said: string[];
  /** Where connections arrived, sorted. */
  arrived: string[];
}

describe('held by the cluster: Enforce lets a pod reach what its rules name and nothing else, Audit all', () => {
  const stage = setStage('held-by-cluster', import.meta.dirname, ['held', 'watched']);
  let held: Outcome;
  let watched: Outcome;

  before(() =>
    stage.guard(async () => {
      for (const namespace of ['held', 'watched']) await awaitCondition(namespace, 'agentpolicy/mirror-only', 'Ready');
      held = await tryAll('held');
      watched = await tryAll('watched');
    }),
  );

  async function tryAll(namespace: string): Promise<Outcome> {
    const server = await startServer(everything);
    try {
      await createObject(plainPod(namespace, 'probe', tryPlaces(everything)));
      await awaitPhase(namespace, 'probe', ['Succeeded', 'Failed']);
    } finally {
      await server.stop();
    }
    const said = (await logs(namespace, 'probe', 'runner')).trim().split('\n').sort();
    return { said, arrived: server.seen.toSorted() };
  }

  const check = (title: string, assertion: () => void | Promise<void>) =>
    test(title, () => stage.guard(async () => await assertion()));

  check('under Enforce only the named address and port is reached, and only there a packet arrives', () => {
    assert.deepEqual(
      held.said,
      [...everything.map((place) => (place === named ? `reached ${place}` : `not reached ${place}`))].sort(),
    );
    assert.deepEqual(held.arrived, [named]);
  });

  check('under Audit the same pod reaches all of them', () => {
    assert.deepEqual(watched.said, everything.map((place) => `reached ${place}`).sort());
    assert.deepEqual(watched.arrived, everything.toSorted());
  });

  check('Audit makes no NetworkPolicy, Enforce makes the one that its status speaks of', async () => {
    assert.equal(await kubectl('get', 'networkpolicy', '-n', 'watched', '-o', 'name'), '');
    assert.equal(
      (await kubectl('get', 'networkpolicy', '-n', 'held', '-o', 'name')).trim(),
      'networkpolicy.networking.k8s.io/chaperone-mirror-only',
    );
  });

  check('a held pod still tells its trace, by way of the gateway', async () => {
    const pod = await get('held', 'pod/probe');
    const spans = await until('the spans of the held pod in Jaeger', 30, async () => {
      const all = await spansOfPod(pod.metadata.uid, new Date(pod.metadata.creationTimestamp));
      return all.some(({ name }) => name === `connect ${named}`) && all;
    });
    assert.ok(
      spans.some(({ name }) => name === `connect ${otherBlock}`),
      'the refused attempts are told too',
    );
  });

  check('a NetworkPolicy that somebody deletes or widens comes back as it was', async () => {
    const before = (await get('held', 'networkpolicy/chaperone-mirror-only')).spec;
    await kubectl(
      'patch',
      'networkpolicy',
      '-n',
      'held',
      'chaperone-mirror-only',
      '--type=json',
      '-p',
      '[{"op":"add","path":"/spec/egress/-","value":{}}]',
    );
    const same = async () => {
      const found = await get('held', 'networkpolicy/chaperone-mirror-only');
      return JSON.stringify(found.spec) === JSON.stringify(before);
    };
    await until('the widened NetworkPolicy to be mended', 20, same);
    await kubectl('delete', 'networkpolicy', '-n', 'held', 'chaperone-mirror-only');
    await until('the deleted NetworkPolicy to come back', 20, same);
  });
});

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startServer } from '../internet.ts';
import {
  awaitCondition,
  awaitPhase,
  createObject,
  find,
  get,
  type KubeObject,
  kubectl,
  list,
  logs,
} from '../kubectl.ts';
import { plainPod } from '../plain-pod.ts';
import { ensureInstalled, systemNamespace, uninstall } from '../release.ts';
import { setStage } from '../stage.ts';
import { until } from '../until.ts';

const gate = '203.0.113.4:8080';

/** Kinds of which a release of ours has objects outside its namespace, and those that it makes in users' namespaces. */
const kinds = [
  'clusterroles', 'clusterrolebindings', 'mutatingwebhookconfigurations', 'validatingwebhookconfigurations', 'validatingadmissionpolicies',
  'validatingadmissionpolicybindings', 'networkpolicies', 'roles', 'rolebindings', 'leases', 'secrets', 'services', 'deployments', 'configmaps',
  'serviceaccounts', 'poddisruptionbudgets',
]; // biome-ignore format: one list

describe('uninstall: nothing is left behind, and running jobs end well', () => {
  const stage = setStage('uninstall', import.meta.dirname, ['leaving']);
  before(() =>
    stage.guard(async () => {
      await awaitCondition('leaving', 'agentpolicy/hold', 'Ready');
      await createObject(
        plainPod(
          'leaving',
          'running',
          `echo started; until curl -sf -m 2 http://${gate}/; do sleep 0.2; done; echo done`,
        ),
      );
      await until('the job to run', 60, async () => (await logs('leaving', 'running', 'runner')).includes('started'));
      await uninstall();
    }),
  );
  after(async () => {
    if (process.env.CHAPERONE_KEEP) await ensureInstalled();
  });

  const check = (title: string, assertion: () => void | Promise<void>) =>
    test(title, () => stage.guard(async () => await assertion()));

  check('the job that ran goes on and ends well', async () => {
    assert.equal((await get('leaving', 'pod/running')).status.phase, 'Running');
    const server = await startServer([gate]);
    try {
      const pod = await awaitPhase('leaving', 'running', ['Succeeded', 'Failed'], 60);
      assert.equal(pod.status.phase, 'Succeeded');
      assert.equal(pod.status.initContainerStatuses[0].state.terminated.exitCode, 0);
    } finally {
      await server.stop();
    }
  });

  check('no object of ours is left in the cluster', async () => {
    const left = await until('our objects to be gone', 30, async () => {
      const found = await ours();
      return found.length === 0 ? 'none' : undefined;
    }).catch(async () => (await ours()).join(', '));
    assert.equal(left, 'none');
  });

  check('namespaces are no longer marked, and policies can be deleted at once', async () => {
    const { metadata } = await get('', 'namespace/leaving');
    assert.equal(metadata.labels['chaperone.dev/enforce'], undefined);
    assert.equal((await get('leaving', 'agentpolicy/hold')).metadata.finalizers, undefined);
    await kubectl('delete', 'agentpolicy', '-n', 'leaving', 'hold', '--timeout=10s');
  });

  check('pods are made without us', async () => {
    const pod = await createObject(plainPod('leaving', 'later', 'true'));
    assert.equal(pod.spec.initContainers, undefined);
    await awaitPhase('leaving', 'later', ['Succeeded']);
  });

  check('the API stays, with the policies that users wrote, until they delete it', async () => {
    assert.ok(await find('', 'crd/agentpolicies.chaperone.dev'));
    await kubectl('delete', 'crd', 'agentpolicies.chaperone.dev', '--timeout=20s');
  });

  async function ours(): Promise<string[]> {
    const objects = await list(kinds.join(','), '-A');
    return objects.filter(isOurs).map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`);
  }
});

function isOurs({ metadata }: KubeObject): boolean {
  if (metadata.namespace === 'kube-node-lease') return false; // the node of the test cluster is called chaperone-node
  const labels = metadata.labels ?? {};
  return (
    metadata.name.includes('chaperone') ||
    labels['app.kubernetes.io/part-of'] === 'chaperone' ||
    labels['app.kubernetes.io/name'] === 'chaperone' ||
    (metadata.namespace === systemNamespace && !['kube-root-ca.crt', 'default'].includes(metadata.name))
  );
}

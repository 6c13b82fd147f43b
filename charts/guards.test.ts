import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Cluster, chart, namespace, startCluster, valuesOf } from './testing/cluster.ts';

let cluster: Cluster;
before(async () => {
  cluster = await startCluster();
  await cluster.helm(
    'helm',
    'install',
    'chaperone',
    chart,
    '-n',
    namespace,
    '--create-namespace',
    ...valuesOf('minimal'),
  );
  await cluster.kubectl('create', 'namespace', 'runners');
  await cluster.kubectl('create', 'serviceaccount', 'job', '-n', 'runners');
  // More than a job should ever be given: the guards do not rely on RBAC.
  await cluster.kubectl(
    'create',
    'clusterrolebinding',
    'job',
    '--clusterrole=cluster-admin',
    '--serviceaccount=runners:job',
  );
  await cluster.kubectl(
    'create',
    'clusterrolebinding',
    'gateway',
    '--clusterrole=cluster-admin',
    `--serviceaccount=${namespace}:chaperone-gateway`,
  );
  await cluster.kubectl(
    'create',
    'clusterrolebinding',
    'operator',
    '--clusterrole=cluster-admin',
    `--serviceaccount=${namespace}:chaperone-operator`,
  );
  await create('runners', 'runner', pod('runner'));
  await guarded();
});
after(() => cluster.close());

const memory = (size: string) => ({ limits: { memory: size }, requests: { memory: size } });
const container = (name: string) => ({ name, image: 'registry.example.com/any:1' });

/** A pod as the webhook would have left it. */
function pod(name: string): object {
  const labels = { app: 'ci', 'chaperone.dev/sensor': 'injected', 'policy.chaperone.dev/web': 'enforce' };
  const annotations = { 'chaperone.dev/policy': 'signed', 'chaperone.dev/injected': 'sha256:1' };
  const sensor = { ...container('chaperone-sensor'), restartPolicy: 'Always', resources: memory('128Mi') };
  const volumes = [{ name: 'chaperone-token', emptyDir: {} }];
  return {
    metadata: { name, labels, annotations },
    spec: { initContainers: [sensor], containers: [container('runner')], volumes },
  };
}

async function create(where: string, name: string, object: object, ...args: string[]): Promise<string> {
  const path = join(cluster.folder, `${name}.json`);
  await writeFile(path, JSON.stringify({ apiVersion: 'v1', kind: 'Pod', ...object }));
  return await cluster.kubectl('create', '-n', where, '-f', path, ...args);
}

const as = (account: string) => `--as=system:serviceaccount:${account}`;
const job = as('runners:job');
const operator = as(`${namespace}:chaperone-operator`);
const gateway = as(`${namespace}:chaperone-gateway`);
const onRunner = ['pod/runner', '-n', 'runners'];

/** The API server reads its policies a moment after they were made. */
async function guarded(): Promise<void> {
  const attempt = () => cluster.kubectl('label', ...onRunner, 'chaperone.dev/sensor-', '--dry-run=server', job);
  while ((await attempt().then(() => 'taken', said)) === 'taken') await new Promise(setImmediate);
}

const said = ({ stderr }: { stderr: string }): string => stderr;

function patched(subresource: string, patch: object): string[] {
  const where = subresource === '' ? [] : [`--subresource=${subresource}`];
  return ['patch', ...onRunner, ...where, '--type=strategic', '-p', JSON.stringify(patch)];
}

const labels = { 'policy.chaperone.dev/web': null };
const debug = (more: object) => ({ spec: { ephemeralContainers: [{ ...container('debug'), ...more }] } });
const sized = { spec: { initContainers: [{ name: 'chaperone-sensor', resources: memory('8Mi') }] } };

const refused: [what: string, who: string, args: string[], why: RegExp][] = [
  ['take off the label that its NetworkPolicy selects by', job, ['label', ...onRunner, 'policy.chaperone.dev/web-'], /labels of Chaperone/],
  ['take it off by way of the status', job, patched('status', { metadata: { labels } }), /labels of Chaperone/],
  ['put on the label of another policy', job, ['label', ...onRunner, 'policy.chaperone.dev/wide=enforce'], /labels of Chaperone/],
  ['hide that the pod has a sensor', job, ['label', ...onRunner, 'chaperone.dev/sensor-'], /labels of Chaperone/],
  ['replace its policy', job, ['annotate', '--overwrite', ...onRunner, 'chaperone.dev/policy=other'], /policy on a pod/],
  ['say that what its killed sensor left to tell was told', job, ['annotate', ...onRunner, 'chaperone.dev/last-words=0'], /policy on a pod/],
  ['say that the sensor is armed', job, ['annotate', ...onRunner, 'chaperone.dev/sensor-status={}'], /gateway's to tell/],
  ['replace the image of the sensor', job, ['set', 'image', ...onRunner, 'chaperone-sensor=registry.example.com/mute:1'], /sensor of a running pod/],
  ['leave the sensor without memory', job, patched('resize', sized), /sensor of a running pod/],
  ['join the processes of the sensor', job, patched('ephemeralcontainers', debug({ targetContainerName: 'chaperone-sensor' })), /neither join the sensor/],
  ["mount the sensor's token", job, patched('ephemeralcontainers', debug({ volumeMounts: [{ name: 'chaperone-token', mountPath: '/t' }] })), /neither join the sensor/],
  ['execute in the sensor', job, ['exec', ...onRunner, '-c', 'chaperone-sensor', '--', 'true'], /Nothing can be executed/],
  ['attach to the sensor', job, ['attach', ...onRunner, '-c', 'chaperone-sensor'], /Nothing can be executed/],
  ['say that no policy enforces', job, ['label', 'namespace', 'runners', 'chaperone.dev/enforce=no'], /operator's to change/],
  ['say that the namespace refuses the sensor', job, ['annotate', 'namespace', 'runners', 'chaperone.dev/dry-run={}'], /operator's to change/],
  ['change what a gateway may not', gateway, ['label', ...onRunner, 'policy.chaperone.dev/web-'], /labels of Chaperone/],
]; // biome-ignore format: one row an attack

const taken: [what: string, who: string, args: string[]][] = [
  ['a job label its pod', job, ['label', ...onRunner, 'team=red']],
  ['a job debug its own container', job, patched('ephemeralcontainers', debug({ targetContainerName: 'runner' }))],
  ['the operator change its labels', operator, ['label', '--overwrite', ...onRunner, 'policy.chaperone.dev/other=enforce']],
  ['the operator change the policy', operator, ['annotate', '--overwrite', ...onRunner, 'chaperone.dev/policy=newer']],
  ['the operator mark a namespace', operator, ['label', 'namespace', 'runners', 'chaperone.dev/enforce=true']],
  ['the gateway tell how the sensor is', gateway, ['annotate', ...onRunner, 'chaperone.dev/sensor-status={}']],
  ['anybody label a namespace', job, ['label', 'namespace', 'runners', 'chaperone.dev/injection=enabled']],
]; // biome-ignore format: one row an act

describe('the guards of the chart, in the real API server', () => {
  for (const [what, who, args, why] of refused) {
    test(`do not let ${who === job ? 'a job' : 'it'} ${what}`, async () => {
      const answer = await cluster.kubectl(...args, who).then(() => 'it was taken', said);
      assert.match(answer, why);
      assert.match(answer, /ValidatingAdmissionPolicy 'chaperone-/);
    });
  }

  for (const [what, who, args] of taken) {
    test(`let ${what}`, async () => {
      await cluster.kubectl(...args, who);
    });
  }

  test('do not let a pod pretend that it has a sensor', async () => {
    const forged = {
      metadata: { name: 'forged', labels: { 'chaperone.dev/sensor': 'injected' } },
      spec: { containers: [container('runner')] },
    };
    assert.match(
      await create('default', 'forged', forged, job).then(() => 'it was made', said),
      /first init container/,
    );
  });

  test('let the sample of a dry run pass while the webhook is away, and no pod that stays', async () => {
    const sample = pod('sample') as { metadata: { labels: object } };
    Object.assign(sample.metadata.labels, { 'chaperone.dev/sample': 'true' });
    await create('runners', 'sample', sample, '--dry-run=server');
    assert.match(await create('runners', 'sample', sample).then(() => 'it was made', said), /failed calling webhook/);
  });

  test('let the operator make pods in dry runs and no others', async () => {
    await create('default', 'tried', pod('tried'), operator, '--dry-run=server');
    assert.match(
      await create('default', 'tried', pod('tried'), operator).then(() => 'it was made', said),
      /in dry runs only/,
    );
  });
});

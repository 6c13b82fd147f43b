import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { statusFieldManager } from '../../crds/names.ts';
import { systemClock } from '../runtime/clock.ts';
import { until } from '../runtime/testing/clocks.ts';
import { agentPolicies } from '../stores.ts';
import { createClient } from './client.ts';
import { connectByKubeConfig, loadKubeConfig } from './connection.ts';
import { isConflict, isNotFound } from './errors.ts';
import type { KubeObject, Namespace } from './objects.ts';
import { createReflector } from './reflector.ts';
import { namespaces, type Resource, resource } from './resources.ts';
import { type ApiServer, startApiServer } from './testing/api-server.ts';
import { createTransport } from './transport.ts';

/** What the client promises, against the real API server. */
const configMaps: Resource = resource('', 'v1', 'ConfigMap', 'configmaps', true);
type ConfigMap = KubeObject & { data?: Record<string, string> };
const inDefault = (name: string) => ({ namespace: 'default', name });

let server: ApiServer;
before(async () => {
  server = await startApiServer();
});
after(() => server?.close());

test('An object is made once, read, replaced at its version and deleted by its UID', async () => {
  const { client } = server;
  const made = await client.create<ConfigMap>(configMaps, { metadata: inDefault('plain'), data: { a: '1' } });
  await assert.rejects(client.create(configMaps, { metadata: inDefault('plain') }), isConflict);
  assert.deepEqual((await client.get<ConfigMap>(configMaps, inDefault('plain'))).data, { a: '1' });
  await client.update<ConfigMap>(configMaps, { ...made, data: { a: '2' } });
  await assert.rejects(client.update<ConfigMap>(configMaps, { ...made, data: { a: '3' } }), isConflict);
  await assert.rejects(client.delete(configMaps, inDefault('plain'), { uid: 'another' }), isConflict);
  await client.delete(configMaps, inDefault('plain'), { uid: made.metadata.uid ?? '' });
  await client.delete(configMaps, inDefault('plain'));
  await assert.rejects(client.get(configMaps, inDefault('plain')), isNotFound);
});

test('Server-side apply respects other managers, and takes their fields by force', async () => {
  const { client } = server;
  const object = (a: string): ConfigMap => ({ metadata: inDefault('applied'), data: { a } });
  await client.apply(configMaps, object('1'), { fieldManager: 'one' });
  await assert.rejects(client.apply(configMaps, object('2'), { fieldManager: 'two' }), isConflict);
  const taken = await client.apply(configMaps, object('2'), { fieldManager: 'two', force: true });
  assert.deepEqual(taken.data, { a: '2' });
});

test('A JSON patch whose test fails changes nothing', async () => {
  const { client } = server;
  await client.create<ConfigMap>(configMaps, { metadata: inDefault('patched'), data: { a: '1' } });
  const patch = (value: string) =>
    client.patchJson<ConfigMap>(configMaps, inDefault('patched'), [
      { op: 'test', path: '/data/a', value },
      { op: 'replace', path: '/data/a', value: '2' },
    ]);
  await assert.rejects(patch('other'), /422/);
  assert.deepEqual((await patch('1')).data, { a: '2' });
});

test('A status is applied without touching the spec, and taken back by applying none', async () => {
  const { client } = server;
  const spec = { selector: {}, mode: 'Audit' };
  await client.create(agentPolicies, { metadata: inDefault('with-status'), spec } as KubeObject);
  const apply = (status: object | undefined) =>
    client.applyStatus(agentPolicies, { metadata: inDefault('with-status'), status } as KubeObject, {
      fieldManager: statusFieldManager,
      force: true,
    }) as Promise<KubeObject & { spec: { mode: string }; status?: object }>;
  const applied = await apply({ observedGeneration: 1 });
  assert.deepEqual([applied.status, applied.spec.mode], [{ observedGeneration: 1 }, 'Audit']);
  const bare = await apply(undefined);
  assert.deepEqual(bare.status ?? {}, {});
});

test('A list of several pages is whole', async () => {
  const { client } = server;
  const count = 520;
  await Promise.all(
    Array.from({ length: count }, (_, n) =>
      client.create(configMaps, { metadata: { ...inDefault(`page-${n}`), labels: { set: 'pages' } } }),
    ),
  );
  const listed = await client.list(configMaps, { namespace: 'default', labelSelector: 'set=pages' });
  assert.equal(new Set(listed.map(({ metadata }) => metadata.name)).size, count);
});

test('A token is judged by TokenReview, for its audience', async () => {
  const { client, kubectl } = server;
  await kubectl('create', 'serviceaccount', 'sensor');
  const token = (await kubectl('create', 'token', 'sensor', '--audience=chaperone-gateway')).trim();
  const good = await client.tokenReview(token, ['chaperone-gateway']);
  assert.deepEqual([good.authenticated, good.user?.username], [true, 'system:serviceaccount:default:sensor']);
  assert.notEqual((await client.tokenReview(token, ['another'])).authenticated, true);
  assert.notEqual((await client.tokenReview('forged', ['chaperone-gateway'])).authenticated, true);
});

test('A reflector follows the real watch: made, changed, deleted', { timeout: 30_000 }, async () => {
  const { client, transport } = server;
  const errors: unknown[] = [];
  const reflector = createReflector<Namespace>({
    transport,
    selection: { resource: namespaces, labelSelector: 'watched=yes' },
    clock: systemClock,
    random: Math.random,
    onError: (error) => errors.push(error),
  });
  await reflector.start();
  const seen: string[] = [];
  reflector.store.onChange(({ type, object }) => seen.push(`${type} ${object.metadata.name}`));
  await client.create(namespaces, { metadata: { name: 'seen', labels: { watched: 'yes' } } });
  await client.patchJson(namespaces, { name: 'seen' }, [{ op: 'add', path: '/metadata/labels/more', value: 'x' }]);
  await client.patchJson(namespaces, { name: 'seen' }, [{ op: 'remove', path: '/metadata/labels/watched' }]);
  await until(() => seen.length === 3);
  await reflector.stop();
  assert.deepEqual(seen, ['added seen', 'modified seen', 'deleted seen']);
  assert.deepEqual(errors, []);
});

test('A token that is refused is read again from its file', async (t) => {
  const { kubectl } = server;
  await kubectl('create', 'serviceaccount', 'rotating');
  const good = (await kubectl('create', 'token', 'rotating')).trim();
  const file = join(tmpdir(), `chaperone-token-${process.pid}`);
  t.after(() => rm(file));
  await writeFile(file, 'expired');
  const load = () => {
    const config = loadKubeConfig(server.kubeconfig);
    const [cluster] = config.clusters;
    if (cluster === undefined) throw new Error('no cluster');
    config.loadFromClusterAndUser(cluster, { name: 'rotating', authProvider: { config: { tokenFile: file } } });
    return config;
  };
  const connection = connectByKubeConfig(load, systemClock);
  const transport = createTransport({ connection, clock: systemClock, random: Math.random });
  t.after(() => transport.close());
  const client = createClient(transport);
  await assert.rejects(client.get(configMaps, inDefault('any')), /401/);
  await writeFile(file, good);
  // Known now, and only without the right to read: 403 is not 401.
  await assert.rejects(client.get(configMaps, inDefault('any')), /403/);
});

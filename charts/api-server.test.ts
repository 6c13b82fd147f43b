import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { type Cluster, chart, namespace, startCluster, valuesOf } from './testing/cluster.ts';
import { schemaLocation, writeSchemas } from './testing/openapi-schemas.ts';

let cluster: Cluster;
before(async () => {
  cluster = await startCluster();
});
after(() => cluster.close());

async function rendered(values: string): Promise<string> {
  const text = await cluster.helm(
    'helm',
    'template',
    'chaperone',
    chart,
    '--namespace',
    namespace,
    ...valuesOf(values),
  );
  const path = join(cluster.folder, `${values}.yaml`);
  await writeFile(path, text);
  return path;
}

describe('the chart and the API server', () => {
  before(() => cluster.kubectl('create', 'namespace', namespace));

  for (const values of ['minimal', 'everything']) {
    test(`agree about every field of ${values}, by the server's own schemas`, async () => {
      const schemas = join(cluster.folder, 'schemas');
      await writeSchemas(JSON.parse(await cluster.kubectl('get', '--raw', '/openapi/v2')), schemas);
      const said = await cluster.kubeconform(
        '-strict',
        '-summary',
        '-schema-location',
        schemaLocation(schemas),
        await rendered(values),
      );
      assert.match(said, /Invalid: 0, Errors: 0, Skipped: 0/);
    });

    test(`agree about ${values} in a server-side dry run`, async () => {
      const said = await cluster.kubectl(
        'apply',
        '--server-side',
        '--dry-run=server',
        '--namespace',
        namespace,
        '-f',
        await rendered(values),
      );
      assert.doesNotMatch(said, /Warning/);
    });

    test(`agree that the pods of ${values} are restricted ones`, async () => {
      await cluster.kubectl('create', 'namespace', `restricted-${values}`);
      await cluster.kubectl(
        'label',
        'namespace',
        `restricted-${values}`,
        'pod-security.kubernetes.io/enforce=restricted',
      );
      for (const { name, template } of await podTemplates(values)) {
        // What stands behind these names is not the question here.
        const { serviceAccountName: _account, priorityClassName: _priority, ...spec } = template.spec;
        const path = join(cluster.folder, 'pod.json');
        await writeFile(
          path,
          JSON.stringify({
            apiVersion: 'v1',
            kind: 'Pod',
            metadata: { name },
            spec: { ...spec, automountServiceAccountToken: false, serviceAccountName: 'default' },
          }),
        );
        await createDefaultAccount(`restricted-${values}`);
        await cluster.kubectl('create', '--dry-run=server', '--namespace', `restricted-${values}`, '-f', path);
      }
    });
  }
});

interface PodTemplate {
  spec: Record<string, unknown>;
}

async function podTemplates(values: string): Promise<{ name: string; template: PodTemplate }[]> {
  const text = await cluster.helm(
    'helm',
    'template',
    'chaperone',
    chart,
    '--namespace',
    namespace,
    ...valuesOf(values),
  );
  return parseAllDocuments(text)
    .map((document) => document.toJSON() as { metadata: { name: string }; spec?: { template?: PodTemplate } } | null)
    .flatMap((one) => (one?.spec?.template ? [{ name: one.metadata.name, template: one.spec.template }] : []));
}

/** The controller manager makes it a moment after the namespace. */
async function createDefaultAccount(where: string): Promise<void> {
  await cluster.kubectl('wait', '--for=create', 'serviceaccount/default', '--namespace', where, '--timeout=30s');
}

describe('a release', () => {
  test('keeps the caBundle that the operator has set, over upgrades by both Helms', async () => {
    await cluster.helm('helm', 'install', 'chaperone', chart, '--namespace', namespace, ...valuesOf('minimal'));
    const webhooks = ['enforce', 'audit'].map((name) => ({
      name: `${name}.chaperone.dev`,
      clientConfig: { caBundle: 'Y2E=' },
    }));
    const path = join(cluster.folder, 'ca-bundle.json');
    const apiVersion = 'admissionregistration.k8s.io/v1';
    await writeFile(
      path,
      JSON.stringify({ apiVersion, kind: 'MutatingWebhookConfiguration', metadata: { name: 'chaperone' }, webhooks }),
    );
    await cluster.kubectl('apply', '--server-side', '--field-manager=chaperone-operator', '-f', path);
    for (const group of ['helm', 'helm3'] as const) {
      await cluster.helm(group, 'upgrade', 'chaperone', chart, '--namespace', namespace, ...valuesOf('everything'));
      await cluster.helm(group, 'upgrade', 'chaperone', chart, '--namespace', namespace, ...valuesOf('minimal'));
      const bundles = await cluster.kubectl(
        'get',
        'mutatingwebhookconfiguration',
        'chaperone',
        '-o',
        'jsonpath={.webhooks[*].clientConfig.caBundle}',
      );
      assert.equal(bundles, 'Y2E= Y2E=', group);
    }
  });

  const own = ['--namespace', namespace];
  const rights: [account: string, may: boolean, ask: string[]][] = [
    ['operator', true, ['patch', 'namespaces']],
    ['operator', true, ['create', 'networkpolicies', '--namespace', 'runners']],
    ['operator', true, ['patch', 'agentpolicies', '--subresource=status', '--namespace', 'runners']],
    ['operator', true, ['patch', 'mutatingwebhookconfigurations/chaperone']],
    ['operator', true, ['update', 'secrets/chaperone-ca', ...own]],
    ['operator', true, ['create', 'leases', ...own]],
    ['operator', false, ['patch', 'mutatingwebhookconfigurations/another']],
    ['operator', false, ['get', 'secrets/another', ...own]],
    ['operator', false, ['list', 'secrets', ...own]],
    ['operator', false, ['get', 'secrets/chaperone-ca', '--namespace', 'runners']],
    ['operator', false, ['delete', 'pods', '--namespace', 'runners']],
    // For dry runs; what else could be done with it, a ValidatingAdmissionPolicy refuses.
    ['operator', true, ['create', 'pods', '--namespace', 'runners']],
    ['operator', false, ['create', 'tokenreviews']],
    ['gateway', true, ['create', 'tokenreviews.authentication.k8s.io']],
    ['gateway', true, ['patch', 'pods', '--namespace', 'runners']],
    ['gateway', true, ['get', 'secrets/chaperone-gateway-tls', ...own]],
    ['gateway', false, ['get', 'secrets/chaperone-ca', ...own]],
    ['gateway', false, ['get', 'secrets/chaperone-signing-key', ...own]],
    ['gateway', false, ['list', 'pods', '--namespace', 'runners']],
    ['gateway', true, ['watch', 'agentpolicies', '--namespace', 'runners']],
    ['gateway', true, ['patch', 'agentpolicies', '--subresource=status', '--namespace', 'runners']],
    ['gateway', true, ['create', 'events.events.k8s.io', '--namespace', 'runners']],
    ['gateway', false, ['patch', 'agentpolicies', '--namespace', 'runners']],
    ['gateway', false, ['get', 'secrets', '--namespace', 'runners']],
    ['gateway', false, ['get', 'secrets/another', ...own]],
  ];
  for (const [account, may, ask] of rights) {
    test(`${may ? 'lets' : 'does not let'} its ${account} ${ask.join(' ')}`, async () => {
      const as = `--as=system:serviceaccount:${namespace}:chaperone-${account}`;
      const said = await cluster.kubectl('auth', 'can-i', ...ask, as).catch(({ stdout }: { stdout: string }) => stdout);
      assert.equal(said.trim(), may ? 'yes' : 'no');
    });
  }

  test('leaves the AgentPolicy API behind, and can be installed again', async () => {
    // Without its hook: there is no node here to run it.
    await cluster.helm('helm', 'uninstall', 'chaperone', '--namespace', namespace, '--no-hooks');
    assert.match(await cluster.kubectl('get', 'crd', '-o', 'name'), /agentpolicies\.chaperone\.dev/);
    await cluster.helm('helm3', 'install', 'chaperone', chart, '--namespace', namespace, ...valuesOf('minimal'));
  });
});

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { schemaLocation, writeSchemas } from './openapi-schemas.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');
const chart = join(import.meta.dirname, 'chaperone');
const namespace = 'chaperone-system';
const folder = await mkdtemp(join(tmpdir(), 'chaperone-chart-'));
const server = join(folder, 'server');
const bin: Record<string, string> = {};
const environment = { ...process.env, KUBECONFIG: join(server, 'admin.conf') };

before(async () => {
  await execute(join(root, 'scripts/tools'), 'kubernetes', 'etcd', 'helm', 'helm3', 'kubeconform');
  for (const group of ['kubernetes', 'helm', 'helm3', 'kubeconform']) {
    bin[group] = (await execute(join(root, 'scripts/tools'), '--path', group)).trim();
  }
  await execute(join(root, 'e2e/cluster/apiserver'), 'up', '--controllers', server);
});

after(async () => {
  await execute(join(root, 'e2e/cluster/apiserver'), 'down', server);
  await rm(folder, { recursive: true });
});

async function execute(file: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(file, args, { env: environment, maxBuffer: 64 << 20 });
  return stdout;
}

const kubectl = (...args: string[]): Promise<string> => execute(join(bin.kubernetes ?? '', 'kubectl'), ...args);
const helm = (group: string, ...args: string[]): Promise<string> => execute(join(bin[group] ?? '', 'helm'), ...args);

const valuesOf = (name: string): string[] => [
  '--values',
  join(import.meta.dirname, 'cases', `${name}.yaml`),
  '--set',
  'crds.install=true',
];

async function rendered(values: string): Promise<string> {
  const text = await helm('helm', 'template', 'chaperone', chart, '--namespace', namespace, ...valuesOf(values));
  const path = join(folder, `${values}.yaml`);
  await writeFile(path, text);
  return path;
}

describe('the chart and the API server', () => {
  before(() => kubectl('create', 'namespace', namespace));

  for (const values of ['minimal', 'everything']) {
    test(`agree about every field of ${values}, by the server's own schemas`, async () => {
      const schemas = join(folder, 'schemas');
      await writeSchemas(JSON.parse(await kubectl('get', '--raw', '/openapi/v2')), schemas);
      const conform = join(bin.kubeconform ?? '', 'kubeconform');
      const said = await execute(
        conform,
        '-strict',
        '-summary',
        '-schema-location',
        schemaLocation(schemas),
        await rendered(values),
      );
      assert.match(said, /Invalid: 0, Errors: 0, Skipped: 0/);
    });

    test(`agree about ${values} in a server-side dry run`, async () => {
      const said = await kubectl(
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
      await kubectl('create', 'namespace', `restricted-${values}`);
      await kubectl('label', 'namespace', `restricted-${values}`, 'pod-security.kubernetes.io/enforce=restricted');
      for (const { name, template } of await podTemplates(values)) {
        // What stands behind these names is not the question here.
        const { serviceAccountName: _account, priorityClassName: _priority, ...spec } = template.spec;
        const path = join(folder, 'pod.json');
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
        await kubectl('create', '--dry-run=server', '--namespace', `restricted-${values}`, '-f', path);
      }
    });
  }
});

interface PodTemplate {
  spec: Record<string, unknown>;
}

async function podTemplates(values: string): Promise<{ name: string; template: PodTemplate }[]> {
  const text = await helm('helm', 'template', 'chaperone', chart, '--namespace', namespace, ...valuesOf(values));
  return parseAllDocuments(text)
    .map((document) => document.toJSON() as { metadata: { name: string }; spec?: { template?: PodTemplate } } | null)
    .flatMap((one) => (one?.spec?.template ? [{ name: one.metadata.name, template: one.spec.template }] : []));
}

/** The controller manager makes it a moment after the namespace. */
async function createDefaultAccount(where: string): Promise<void> {
  await kubectl('wait', '--for=create', 'serviceaccount/default', '--namespace', where, '--timeout=30s');
}

describe('a release', () => {
  test('keeps the caBundle that the operator has set, over upgrades by both Helms', async () => {
    await helm('helm', 'install', 'chaperone', chart, '--namespace', namespace, ...valuesOf('minimal'));
    const webhooks = ['enforce', 'audit'].map((name) => ({
      name: `${name}.chaperone.dev`,
      clientConfig: { caBundle: 'Y2E=' },
    }));
    const path = join(folder, 'ca-bundle.json');
    const apiVersion = 'admissionregistration.k8s.io/v1';
    await writeFile(
      path,
      JSON.stringify({ apiVersion, kind: 'MutatingWebhookConfiguration', metadata: { name: 'chaperone' }, webhooks }),
    );
    await kubectl('apply', '--server-side', '--field-manager=chaperone-operator', '-f', path);
    for (const group of ['helm', 'helm3']) {
      await helm(group, 'upgrade', 'chaperone', chart, '--namespace', namespace, ...valuesOf('everything'));
      await helm(group, 'upgrade', 'chaperone', chart, '--namespace', namespace, ...valuesOf('minimal'));
      const bundles = await kubectl(
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
    ['operator', false, ['create', 'pods', '--namespace', 'runners']],
    ['operator', false, ['create', 'tokenreviews']],
    ['gateway', true, ['create', 'tokenreviews.authentication.k8s.io']],
    ['gateway', true, ['patch', 'pods', '--namespace', 'runners']],
    ['gateway', true, ['get', 'secrets/chaperone-gateway-tls', ...own]],
    ['gateway', false, ['get', 'secrets/chaperone-ca', ...own]],
    ['gateway', false, ['get', 'secrets/chaperone-signing-key', ...own]],
    ['gateway', false, ['list', 'pods', '--namespace', 'runners']],
    ['gateway', false, ['get', 'agentpolicies', '--namespace', 'runners']],
  ];
  for (const [account, may, ask] of rights) {
    test(`${may ? 'lets' : 'does not let'} its ${account} ${ask.join(' ')}`, async () => {
      const as = `--as=system:serviceaccount:${namespace}:chaperone-${account}`;
      const said = await kubectl('auth', 'can-i', ...ask, as).catch(({ stdout }: { stdout: string }) => stdout);
      assert.equal(said.trim(), may ? 'yes' : 'no');
    });
  }

  test('leaves the AgentPolicy API behind, and can be installed again', async () => {
    // Without its hook: there is no node here to run it.
    await helm('helm', 'uninstall', 'chaperone', '--namespace', namespace, '--no-hooks');
    assert.match(await kubectl('get', 'crd', '-o', 'name'), /agentpolicies\.chaperone\.dev/);
    await helm('helm3', 'install', 'chaperone', chart, '--namespace', namespace, ...valuesOf('minimal'));
  });
});

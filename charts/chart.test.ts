import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { parse, parseAllDocuments } from 'yaml';
import { createFindingMetrics } from '../operator/alerts/metrics.ts';
import { loadGatewayConfig, loadOperatorConfig, loadUninstallConfig } from '../operator/config.ts';
import { createGatewayMetrics } from '../operator/gateway/metrics.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');
const chart = join(import.meta.dirname, 'chaperone');
const caseFile = (name: string): string => join(import.meta.dirname, 'cases', `${name}.yaml`);
const helms: Record<string, string> = {};

before(async () => {
  await run(join(root, 'scripts/tools'), ['helm', 'helm3'], { maxBuffer: 16 << 20 });
  for (const group of ['helm', 'helm3']) {
    const { stdout } = await run(join(root, 'scripts/tools'), ['--path', group]);
    helms[group] = join(stdout.trim(), 'helm');
  }
});

async function helm(group: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(helms[group] ?? '', args, { maxBuffer: 16 << 20 });
  return stdout;
}

// A Helm that was built from its module takes a cluster to be years old unless it is told.
function render(group: string, values: string, ...more: string[]): Promise<string> {
  const where = ['--namespace', 'chaperone-system', '--kube-version', '1.36.0', '--values', caseFile(values)];
  return helm(group, 'template', 'chaperone', chart, ...where, ...more);
}

async function refusalOf(...set: string[]): Promise<string> {
  const { stderr } = await render('helm', 'minimal', ...set).then(
    () => assert.fail('it renders'),
    (error: { stderr: string }) => error,
  );
  return stderr;
}

const octet = fc.oneof(fc.constantFrom('0', '0', '00', '256', ''), fc.nat({ max: 255 }).map(String));
const ipv4 = fc.array(octet, { minLength: 3, maxLength: 5 }).map((octets) => octets.join('.'));
const group = fc.oneof(
  fc.constantFrom('0', '0', '', '00000', 'G'),
  fc.nat({ max: 65_535 }).map((bits) => bits.toString(16)),
);
const ipv6 = fc.array(group, { minLength: 1, maxLength: 9 }).map((groups) => groups.join(':'));
/** Right and wrong ones, most of them with zeros at the end as a block has; none that writes an IPv4 address within an IPv6 one, which the chart does not take. */
const addressBlocks = fc
  .tuple(
    fc.oneof(
      ipv4,
      fc.ipV4().map((text) => text.replace(/\.\d+\.\d+$/, '.0.0')),
      ipv6,
      fc.ipV6().filter((text) => !text.includes('.')),
      fc.constantFrom('2001:db8::', '::', '::ffff:a00:0'),
    ),
    fc.nat({ max: 130 }),
  )
  .map(([address, length]) => `${address}/${length}`);

function isAllowedBlock(text: string): boolean {
  const alerts = JSON.stringify({ policySinks: { allowedCidrs: [text] } });
  const environment = { CHAPERONE_OTLP_ENDPOINT: 'http://a', CHAPERONE_ALERTS: alerts, KUBERNETES_SERVICE_HOST: 'a' };
  try {
    return loadGatewayConfig(environment).alerts.policySinks.allowedCidrs.length === 1;
  } catch {
    return false;
  }
}

interface Container {
  args: ['operator' | 'gateway' | 'uninstall'];
  env: { name: string; value?: string }[];
}

/** What each pod runs, and its environment; what is only known in the cluster stands as `field`. */
function processes(text: string) {
  const containers = manifests(text).flatMap(({ spec }) => spec?.template?.spec.containers ?? []);
  return containers.map(({ args: [command], env }) => ({
    command,
    environment: Object.fromEntries(env.map(({ name, value }) => [name, value ?? 'field'])),
  }));
}

interface Manifest {
  kind: string;
  metadata: { name: string; annotations?: Record<string, string> };
  webhooks?: { clientConfig: object }[];
  spec?: { template?: { spec: { containers: Container[] } } };
}

interface PrometheusRule {
  metadata: { labels: Record<string, string> };
  spec: {
    groups: { rules: { alert: string; expr: string; annotations: { summary: string; description: string } }[] }[];
  };
}

/** The series that an expression asks for, as they are served: each metric of ours, with each value of the label that selects from it. */
function seriesIn(expression: string): RegExp[] {
  const selectors = [...expression.matchAll(/(chaperone_\w+)(?:\{(\w+)=~?"([^"]+)"\})?/g)];
  return selectors.flatMap(([, name, label, values]) =>
    values === undefined
      ? [new RegExp(`^${name}[{ ]`, 'm')]
      : values.split('|').map((value) => new RegExp(`^${name}\\{.*${label}="${value}"`, 'm')),
  );
}

function manifests(text: string): Manifest[] {
  const all = parseAllDocuments(text).map((document) => document.toJSON() as Manifest | null);
  return all.filter((manifest) => manifest !== null);
}

describe('the chart', () => {
  for (const group of ['helm', 'helm3']) {
    test(`is clean to the linter of ${group}`, async () => {
      assert.match(
        await helm(group, 'lint', '--strict', chart, '--values', caseFile('minimal')),
        /0 chart\(s\) failed/,
      );
    });
  }

  for (const values of ['minimal', 'everything']) {
    test(`renders ${values} as its golden file says`, async (t) => {
      const path = join(import.meta.dirname, 'golden', `${values}.yaml`);
      t.assert.fileSnapshot(await render('helm', values), path, { serializers: [(text: string) => text] });
    });

    test(`renders ${values} alike with both Helms`, async () => {
      const byName = (text: string) => new Map(manifests(text).map((one) => [`${one.kind}/${one.metadata.name}`, one]));
      assert.deepEqual(byName(await render('helm3', values)), byName(await render('helm', values)));
    });
  }

  test('carries the generated AgentPolicy API, which stays when the release goes', async () => {
    const rendered = manifests(await render('helm', 'minimal', '--set', 'crds.install=true'));
    const installed = rendered.find(({ kind }) => kind === 'CustomResourceDefinition');
    const generated = parse(
      await readFile(join(root, 'crds/generated/chaperone.dev_agentpolicies.yaml'), 'utf8'),
    ) as Manifest;
    assert.deepEqual(installed?.spec, generated.spec);
    assert.equal(installed?.metadata.annotations?.['helm.sh/resource-policy'], 'keep');
  });

  for (const values of ['minimal', 'everything']) {
    test(`gives the processes of ${values} an environment that they read`, async () => {
      const loaders = { operator: loadOperatorConfig, gateway: loadGatewayConfig, uninstall: loadUninstallConfig };
      const seen: string[] = [];
      for (const { command, environment } of processes(await render('helm', values))) {
        const read = loaders[command]({ ...environment, KUBERNETES_SERVICE_HOST: '192.0.2.1' });
        assert.equal(read.logLevel, environment.CHAPERONE_LOG_LEVEL);
        seen.push(command);
      }
      assert.deepEqual(seen.sort(), ['gateway', 'operator', 'uninstall']);
    });
  }

  test('passes its values on to the operator', async () => {
    const all = processes(await render('helm', 'everything'));
    const { environment = {} } = all.find(({ command }) => command === 'operator') ?? {};
    const { dns, sensor, tracesEndpoint } = loadOperatorConfig({
      ...environment,
      KUBERNETES_SERVICE_HOST: '192.0.2.1',
    });
    assert.deepEqual(dns, { namespace: 'dns', podLabels: { app: 'resolver', tier: 'own' }, port: 5353 });
    assert.deepEqual(sensor, {
      image: 'registry.example.com:5000/sensor:v9',
      imagePullPolicy: 'Never',
      resources: { requests: { cpu: '1', memory: '64Mi' }, limits: { memory: '256Mi' } },
      armTimeoutSeconds: 30,
    });
    assert.equal(tracesEndpoint, 'http://collector.tracing.svc:4318');
  });

  test('leaves caBundle to the operator', async () => {
    const configuration = manifests(await render('helm', 'minimal')).find(({ webhooks }) => webhooks !== undefined);
    for (const { clientConfig } of configuration?.webhooks ?? []) assert.ok(!('caBundle' in clientConfig));
    assert.equal(configuration?.webhooks?.length, 2);
  });

  test('has alert rules on request, and every metric and label value in them exists', async () => {
    const labels = 'prometheusRule.labels.release=prometheus';
    const text = await render('helm', 'minimal', '--set', 'prometheusRule.enabled=true', '--set', labels);
    const rule = manifests(text).find(({ kind }) => kind === 'PrometheusRule') as unknown as PrometheusRule;
    assert.equal(rule.metadata.labels.release, 'prometheus');
    const registry = new Registry();
    createGatewayMetrics(registry);
    createFindingMetrics(registry).begin('cluster/siem');
    const served = await registry.metrics();
    const rules = rule.spec.groups.flatMap((group) => group.rules);
    assert.equal(rules.length, 6);
    for (const { alert, expr, annotations } of rules) {
      const wanted = seriesIn(expr);
      assert.ok(wanted.length > 0, alert);
      for (const series of wanted) assert.match(served, series, alert);
      assert.ok(annotations.summary.endsWith('.') && annotations.description.endsWith('.'), alert);
    }
  });

  const sink = 'gateway.alerts.sinks[0].name=a,gateway.alerts.sinks[0]';
  const mistakes: [set: string, says: RegExp][] = [
    ['operator.replica=3', /replica/],
    ['tolerations[0].kee=a', /kee/],
    ['otlp.endpoint=', /otlp\.endpoint is required: .*such as http:/],
    ['otlp.endpoint=collector:4318', /otlp\.endpoint: write an address such as http:/],
    ['otlp.headersSecret.name=A b', /otlp\.headersSecret\.name: write the name of a Secret/],
    ['operator.image.repository=', /operator\.image\.repository is required/],
    ['sensor.image.repository=a.example.com:5000/b:1', /sensor\.image\.repository: .*sensor\.image\.tag/],
    ['sensor.image.digest=sha256:12', /sensor\.image\.digest: write sha256: and 64/],
    ['sensor.image.tag=a b', /sensor\.image\.tag: write a tag/],
    ['sensor.resources.limits.memory=much', /sensor\.resources\.limits\.memory: write a quantity such as/],
    ['dns.podLabels.app=a b', /dns\.podLabels\.app: write a label value/],
    ['imagePullSecrets[0].name=A', /imagePullSecrets\[0\]\.name: write the name of a Secret/],
    ['gateway.alerts.sinks[0].name=A', /gateway\.alerts\.sinks\[0\]\.name: write a name such as siem/],
    ['gateway.alerts.sinks[0].name=a', /gateway\.alerts\.sinks\[0\]: write exactly one of webhook and slack/],
    [`${sink}.slack.secretRef.name=x,${sink}.webhook.secretRef.name=x`, /: write exactly one of webhook and slack/],
    [`${sink}.slack.secretRef.name=https://x`, /sinks\[0\]\.slack\.secretRef\.name: write the name of a Secret/],
    [
      `${sink}.slack.secretRef.name=x,${sink}.slack.secretRef.key=a b`,
      /slack\.secretRef\.key: write a key of the Secret/,
    ],
    [
      `${sink}.slack.secretRef.name=x,gateway.alerts.sinks[1].name=a,gateway.alerts.sinks[1].slack.secretRef.name=y`,
      /two sinks called "a"/,
    ],
    [
      'gateway.alerts.policySinks.allowedCidrs={all}',
      /allowedCidrs\[0\]: write an address block such as 10\.1\.2\.0\/24/,
    ],
    ['gateway.alerts.policySinks.allowedCidrs={10.0.0.5/8}', /allowedCidrs\[0\]: 10\.0\.0\.5\/8 has bits set behind/],
  ];
  for (const [set, says] of mistakes) {
    test(`refuses ${set} and says what to write`, async () => {
      const stderr = await refusalOf('--set', set);
      assert.match(stderr, says);
      assert.doesNotMatch(stderr, /\^|oneOf/);
    });
  }

  test('names every mistake at once', async () => {
    const stderr = await refusalOf('--set', 'otlp.endpoint=,operator.image.repository=,sensor.image.repository=');
    const required = [...stderr.matchAll(/(\S+) is required/g)].map(([, value]) => value);
    assert.deepEqual(required, ['operator.image.repository', 'sensor.image.repository', 'otlp.endpoint']);
  });

  test('takes for an address block what the gateway takes', async () => {
    const blocks = fc.sample(addressBlocks, { numRuns: 64, seed: 1 });
    const stderr = await refusalOf('--set-json', `gateway.alerts.policySinks.allowedCidrs=${JSON.stringify(blocks)}`);
    const refused = [...stderr.matchAll(/allowedCidrs\[(\d+)\]:/g)].map(([, index]) => blocks[Number(index)]);
    assert.deepEqual(
      refused,
      blocks.filter((block) => !isAllowedBlock(block)),
    );
    assert.ok(refused.length < blocks.length);
  });

  test('warns in its notes where one replica decides about Enforce', async () => {
    // Client side: it speaks to no cluster.
    const notes = await helm(
      'helm',
      'install',
      'chaperone',
      chart,
      '--dry-run=client',
      '--values',
      caseFile('everything'),
    );
    assert.match(notes, /WARNING: operator\.replicas is 1\./);
    assert.match(notes, /kubectl label namespace NAMESPACE chaperone\.dev\/injection=enabled/);
  });
});

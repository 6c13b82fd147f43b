import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { explainEgress } from '../../crds/explain-egress.ts';
import { compilePolicyImage } from '../policy/compile-policy-image.ts';
import { stampedLabels } from '../policy/stamp-labels.ts';
import { arbitraryWorld, type Probe, services, type World } from './arbitrary-world.ts';
import { clusterDns, type NetworkFacts } from './network-facts.ts';
import type { NetworkPolicy } from './network-policy.ts';
import { renderNetworkPolicy } from './render-network-policy.ts';

const facts: NetworkFacts = {
  gateway: { namespace: 'chaperone-system', podLabels: { app: 'gateway' }, port: 8443 },
  dns: clusterDns,
  services,
};

test('cyclonus judges every connection by the rendered NetworkPolicies as the policies mean it', () => {
  const seed = Number(process.env.CHAPERONE_SEED ?? Date.now() % 2 ** 31);
  const worlds = Array.from({ length: 150 }, (_, index) =>
    fc.sample(arbitraryWorld(`world-${index}`), { numRuns: 1, seed: seed + index }),
  ).flat();
  const policies = worlds.flatMap((world) =>
    world.policies.flatMap((policy) => renderNetworkPolicy(policy, facts) ?? []),
  );
  const probes = worlds.flatMap((world) => world.probes.map((probe) => ({ world, probe })));
  const verdicts = judge(
    policies,
    probes.map(({ world, probe }) => traffic(world, probe)),
  );
  const meant = probes.map(({ world, probe }) => isMeantToPass(world, probe));
  assert.equal(verdicts.length, probes.length);
  const wrong = probes.filter((_, index) => verdicts[index] !== meant[index]);
  assert.deepEqual(
    wrong
      .slice(0, 1)
      .map(({ world, probe }) => JSON.stringify({ seed, policies: world.policies.map(({ spec }) => spec), probe })),
    [],
  );
  const passed = meant.filter(Boolean).length;
  assert.ok(
    passed > probes.length / 10 && passed < (probes.length * 9) / 10,
    `${passed} of ${probes.length} passed: the probes would not tell`,
  );
});

/** Our own semantics: a pod's port may be reached by its address, or by a Service's port that leads there. */
function isMeantToPass({ namespace, policies }: World, { address, port, protocol, pod, service }: Probe): boolean {
  const { payload } = compilePolicyImage(namespace, policies);
  if (payload.mode === 'Audit' || payload.egress.default === 'Allow') return true;
  const direct = explainEgress(payload, { address, port, protocol });
  const dialled =
    service && explainEgress(payload, { address: '', port: service.port, protocol, services: [service.id] });
  const isResolver = pod?.namespace === 'kube-system' && pod.labels['k8s-app'] === 'kube-dns' && port === 53;
  const isGateway = pod?.namespace === 'chaperone-system' && port === 8443 && protocol === 'TCP';
  return isResolver || isGateway || direct.verdict === 'Allow' || dialled?.verdict === 'Allow';
}

/** In the words of `cyclonus analyze --mode query-traffic`. */
function traffic({ namespace, policies }: World, { address, port, protocol, pod }: Probe) {
  const labels = { team: 'any', ...stampedLabels(compilePolicyImage(namespace, policies).payload) };
  return {
    Source: {
      Internal: {
        PodLabels: labels,
        NamespaceLabels: { 'kubernetes.io/metadata.name': namespace },
        Namespace: namespace,
      },
      IP: '192.0.2.1',
    },
    Destination: {
      IP: address,
      ...(pod && {
        Internal: {
          PodLabels: pod.labels,
          NamespaceLabels: { 'kubernetes.io/metadata.name': pod.namespace },
          Namespace: pod.namespace,
        },
      }),
    },
    ResolvedPort: port,
    ResolvedPortName: pod?.portName ?? '',
    Protocol: protocol,
  };
}

/** One run for all: it judges some thousand connections a second. */
function judge(items: NetworkPolicy[], traffics: unknown[]): boolean[] {
  const folder = mkdtempSync(join(tmpdir(), 'chaperone-cyclonus-'));
  try {
    writeFileSync(
      join(folder, 'policies'),
      JSON.stringify({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicyList', items }),
    );
    writeFileSync(join(folder, 'traffic'), JSON.stringify(traffics));
    const paths = ['--policy-path', join(folder, 'policies'), '--traffic-path', join(folder, 'traffic')];
    const output = execFileSync(cyclonus(), ['analyze', '--mode', 'query-traffic', ...paths], {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      stdio: 'pipe',
    });
    return [...output.matchAll(/IS ALLOWED\? \|\s+(TRUE|FALSE)/g)].map(([, verdict]) => verdict === 'TRUE');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function cyclonus(): string {
  const tools = join(import.meta.dirname, '../../scripts/tools');
  execFileSync(tools, ['cyclonus'], { stdio: 'inherit' });
  return join(execFileSync(tools, ['--path', 'cyclonus'], { encoding: 'utf8' }).trim(), 'cyclonus');
}

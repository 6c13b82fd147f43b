import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse, stringify } from 'yaml';
import type { AgentPolicy } from '../../crds/agent-policy.ts';
import { buildPolicy } from '../../crds/testing/build-policy.ts';
import { clusterDns, type NetworkFacts, type ServiceFacts } from './network-facts.ts';
import { networkWarnings, renderNetworkPolicy } from './render-network-policy.ts';

type Rules = NonNullable<NonNullable<Parameters<typeof buildPolicy>[1]>['egress']>['rules'];

const services = new Map<string, ServiceFacts>([
  [
    'cache/registry',
    {
      selector: { app: 'registry' },
      ports: [
        { name: 'api', port: 5000, targetPort: 8080, protocol: 'TCP' },
        { name: 'web', port: 80, targetPort: 'http', protocol: 'TCP' },
      ],
    },
  ],
  [
    'cache/same-target',
    {
      selector: { app: 'same' },
      ports: [
        { name: 'a', port: 80, targetPort: 8080, protocol: 'TCP' },
        { name: 'b', port: 81, targetPort: 8080, protocol: 'TCP' },
      ],
    },
  ],
  [
    'legacy/outside',
    {
      selector: null,
      ports: [
        { name: 'api', port: 443, targetPort: 443, protocol: 'TCP' },
        { name: 'metrics', port: 9090, targetPort: 9090, protocol: 'TCP' },
      ],
      endpoints: [
        {
          addresses: ['203.0.113.7', '203.0.113.8'],
          ports: [
            { name: 'api', port: 8443, protocol: 'TCP' },
            { name: 'metrics', port: 9090, protocol: 'TCP' },
          ],
        },
        { addresses: ['2001:db8::7'], ports: [{ name: 'api', port: 8443, protocol: 'TCP' }] },
        { addresses: [], ports: [{ name: 'api', port: 8443, protocol: 'TCP' }] },
      ],
    },
  ],
  ['legacy/nowhere', { selector: {}, ports: [{ port: 443, targetPort: 443, protocol: 'TCP' }] }],
  ['voice/sctp-only', { selector: { app: 'voice' }, ports: [{ port: 5060, targetPort: 5060, protocol: 'SCTP' }] }],
]);
const facts: NetworkFacts = {
  gateway: { namespace: 'chaperone-system', podLabels: { 'app.kubernetes.io/component': 'gateway' }, port: 8443 },
  dns: clusterDns,
  services,
};

const golden: Record<string, AgentPolicy> = {
  'deny-without-rules': holding([]),
  'cidr-except-and-ports': holding([
    {
      name: 'mirror',
      to: [
        { cidr: '203.0.113.0/24', except: ['203.0.113.9/32', '203.0.113.64/26'] },
        { cidr: '2001:db8::/32' },
        { cidr: '198.51.100.7/32', except: [] },
      ],
      ports: [{ port: 443 }, { port: 8000, endPort: 8010 }, { port: 53, protocol: 'UDP' }],
    },
    { name: 'any-port', to: [{ cidr: '198.51.100.0/24' }] },
  ]),
  'services-on-their-target-ports': holding([
    { name: 'one-port', to: [{ service: { namespace: 'cache', name: 'registry' } }], ports: [{ port: 5000 }] },
    { name: 'all-ports', to: [{ service: { namespace: 'cache', name: 'registry' } }] },
    { name: 'same-target', to: [{ service: { namespace: 'cache', name: 'same-target' } }] },
    {
      name: 'endpoints',
      to: [{ service: { namespace: 'legacy', name: 'outside' } }],
      ports: [{ port: 400, endPort: 500 }],
    },
  ]),
  'cidr-and-service-in-one-rule': holding([
    {
      name: 'both',
      to: [{ service: { namespace: 'cache', name: 'registry' } }, { cidr: '203.0.113.0/24' }],
      ports: [{ port: 80 }],
    },
  ]),
  'allow-with-rules': buildPolicy('web', {
    mode: 'Enforce',
    egress: { default: 'Allow', rules: [{ name: 'extra', to: [{ cidr: '203.0.113.0/24' }] }] },
  }),
};

for (const [name, policy] of Object.entries(golden)) {
  test(`the NetworkPolicy of "${name}" is the golden one`, () => {
    const file = join(import.meta.dirname, 'golden', `${name}.yaml`);
    const rendered = renderNetworkPolicy(policy, facts);
    if (process.env.CHAPERONE_UPDATE_GOLDEN !== undefined)
      writeFileSync(file, stringify(rendered, { lineWidth: 0, aliasDuplicateObjects: false }));
    assert.deepEqual(rendered, parse(readFileSync(file, 'utf8')));
  });
}

test('Audit, and a default of Allow without rules, hold nobody', () => {
  assert.equal(renderNetworkPolicy(buildPolicy('web', { egress: { default: 'Deny' } }), facts), null);
  assert.equal(renderNetworkPolicy(buildPolicy('web', { mode: 'Enforce' }), facts), null);
});

const unresolved: [string, Rules, RegExp][] = [
  [
    'a Service that does not exist',
    [service('cache', 'gone')],
    /rules\[name=a\]: there is no Service cache\/gone: nothing is allowed/,
  ],
  [
    'a port that the Service does not have',
    [service('cache', 'registry', 5001)],
    /no port 5001\/TCP: write one of 5000\/TCP, 80\/TCP/,
  ],
  ['a Service without selector and endpoints', [service('legacy', 'nowhere')], /neither a selector nor endpoints/],
  [
    'a Service of another protocol',
    [service('voice', 'sctp-only')],
    /neither a selector nor endpoints with a TCP or UDP port/,
  ],
];

for (const [name, rules, warning] of unresolved) {
  test(`${name} allows nothing and is said`, () => {
    const policy = holding(rules);
    assert.match(networkWarnings(policy, facts).join('\n'), warning);
    assert.deepEqual(renderNetworkPolicy(policy, facts), renderNetworkPolicy(holding([]), facts));
  });
}

test('what resolves is rendered without a warning', () => {
  for (const policy of Object.values(golden)) assert.deepEqual(networkWarnings(policy, facts), []);
});

function holding(rules: Rules): AgentPolicy {
  return buildPolicy('web', { mode: 'Enforce', egress: { default: 'Deny', rules } });
}

function service(namespace: string, name: string, port?: number): NonNullable<Rules>[number] {
  return { name: 'a', to: [{ service: { namespace, name } }], ...(port !== undefined && { ports: [{ port }] }) };
}

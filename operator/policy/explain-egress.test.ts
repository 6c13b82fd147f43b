import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Connection, explainEgress } from '../../crds/explain-egress.ts';
import { buildPolicy } from '../../crds/testing/build-policy.ts';
import { compilePolicyImage } from './compile-policy-image.ts';

const { payload } = compilePolicyImage('ci', [
  buildPolicy('web', {
    mode: 'Enforce',
    egress: {
      default: 'Deny',
      rules: [
        {
          name: 'mirror',
          to: [{ cidr: '203.0.113.0/24', except: ['203.0.113.8/29'] }],
          ports: [{ port: 443 }, { port: 8000, endPort: 8010 }],
        },
        { name: 'six', to: [{ cidr: '2001:db8::/32' }] },
        { name: 'cache', to: [{ service: { namespace: 'cache', name: 'registry' } }] },
      ],
    },
  }),
]);

const connections: [string, Connection, string | null][] = [
  ['an address of the block', { address: '203.0.113.1', port: 443, protocol: 'TCP' }, 'mirror'],
  ['the last port of a range', { address: '203.0.113.1', port: 8010, protocol: 'TCP' }, 'mirror'],
  ['a port behind the range', { address: '203.0.113.1', port: 8011, protocol: 'TCP' }, null],
  ['another protocol', { address: '203.0.113.1', port: 443, protocol: 'UDP' }, null],
  ['an excepted address', { address: '203.0.113.15', port: 443, protocol: 'TCP' }, null],
  ['the address after the excepted ones', { address: '203.0.113.16', port: 443, protocol: 'TCP' }, 'mirror'],
  ['any port where none is written', { address: '2001:db8::9', port: 1, protocol: 'UDP' }, 'six'],
  ['a pod of the Service', { address: '10.0.0.9', port: 5000, protocol: 'TCP', services: ['cache/registry'] }, 'cache'],
  ['no address at all', { address: 'example.com', port: 443, protocol: 'TCP' }, null],
];

for (const [name, connection, rule] of connections) {
  test(`${name} is ${rule === null ? 'denied by the default' : `allowed by the rule ${rule}`}`, () => {
    const expected =
      rule === null ? { verdict: 'Deny', policy: null, rule } : { verdict: 'Allow', policy: 'web', rule };
    assert.deepEqual(explainEgress(payload, connection), expected);
  });
}

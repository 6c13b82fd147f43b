import fc from 'fast-check';
import type { AgentPolicy } from '../../crds/agent-policy.ts';
import { buildPolicy } from '../../crds/testing/build-policy.ts';
import type { ServiceFacts } from './network-facts.ts';

/** Policies of one namespace, and places to which one of its pods might connect: at, just inside and just outside of what the policies name. */
export interface World {
  namespace: string;
  policies: AgentPolicy[];
  probes: Probe[];
}

/** An address outside of the cluster, or a pod of one, dialled directly or as a Service's port. */
export interface Probe {
  address: string;
  port: number;
  protocol: 'TCP' | 'UDP';
  pod?: { namespace: string; labels: Record<string, string>; portName: string };
  service?: { id: string; port: number };
}

/** Each Service has pods of its own and target ports of its own, so that a pod's port says which Service was meant. */
export const services = new Map<string, ServiceFacts>([
  [
    'cache/registry',
    {
      selector: { app: 'registry' },
      ports: [
        { name: 'a', port: 5000, targetPort: 8080, protocol: 'TCP' },
        { name: 'b', port: 80, targetPort: 'http', protocol: 'TCP' },
      ],
    },
  ],
  ['cache/clock', { selector: { app: 'clock', tier: 'x' }, ports: [{ port: 123, targetPort: 1123, protocol: 'UDP' }] }],
]);

const blocks = [
  '203.0.113.0/24',
  '203.0.113.128/25',
  '203.0.112.0/23',
  '198.51.100.64/26',
  '0.0.0.0/0',
  '2001:db8::/32',
  '2001:db8:1::/48',
  '::/0',
];
const excepts: Record<string, string[]> = {
  '203.0.113.0/24': ['203.0.113.0/25', '203.0.113.128/25', '203.0.113.9/32', '203.0.113.8/29'],
  '203.0.112.0/23': ['203.0.113.0/24', '203.0.112.255/32'],
  '0.0.0.0/0': ['203.0.113.0/24', '192.0.2.0/24'],
  '2001:db8::/32': ['2001:db8:1::/48', '2001:db8::1/128'],
  '::/0': ['2001:db8::/32'],
};
const addresses = [
  '203.0.112.0',
  '203.0.112.255',
  '203.0.113.0',
  '203.0.113.8',
  '203.0.113.9',
  '203.0.113.15',
  '203.0.113.16',
  '203.0.113.127',
  '203.0.113.128',
  '203.0.113.255',
  '203.0.114.0',
  '198.51.100.63',
  '198.51.100.64',
  '198.51.100.127',
  '198.51.100.128',
  '2001:db8::',
  '2001:db8::1',
  '2001:db8:1::',
  '2001:db8:1:ffff::1',
  '2001:db8:2::',
  '2001:db9::',
];

const cidr = fc
  .constantFrom(...blocks)
  .chain((block) => fc.record({ cidr: fc.constant(block), except: fc.subarray(excepts[block] ?? []) }));
const service = fc.constantFrom(
  { namespace: 'cache', name: 'registry' },
  { namespace: 'cache', name: 'clock' },
  { namespace: 'cache', name: 'gone' },
);
const destination = fc.oneof({ arbitrary: cidr, weight: 3 }, { arbitrary: fc.record({ service }), weight: 1 });
const portNumber = fc.constantFrom(1, 53, 80, 123, 443, 444, 5000, 8000, 8080, 65535);
const port = fc
  .record({
    port: portNumber,
    last: fc.option(portNumber, { nil: undefined }),
    protocol: fc.constantFrom('TCP' as const, 'UDP' as const),
  })
  .map(({ port: first, last, protocol }) => ({
    port: first,
    protocol,
    ...(last !== undefined && last >= first && { endPort: last }),
  }));
const rules = fc
  .array(
    fc.record({
      to: fc.array(destination, { minLength: 1, maxLength: 2 }),
      ports: fc.option(fc.array(port, { minLength: 1, maxLength: 2 }), { nil: undefined }),
    }),
    { maxLength: 2 },
  )
  .map((items) => items.map(({ to, ports }, index) => ({ name: `rule-${index}`, to, ...(ports && { ports }) })));
const spec = fc.record({
  mode: fc.constantFrom('Audit' as const, 'Enforce' as const, 'Enforce' as const),
  egress: fc.record({ default: fc.constantFrom('Allow' as const, 'Deny' as const, 'Deny' as const), rules }),
});

const protocol = fc.constantFrom('TCP' as const, 'UDP' as const);
const outside = fc.record({
  address: fc.constantFrom(...addresses),
  port: fc.oneof(portNumber, fc.constantFrom(2, 79, 81, 442, 8001, 8081)),
  protocol,
});
const dials: Probe[] = [...services].flatMap(([id, { ports, selector }]) =>
  ports.map((offered) => ({
    address: '192.0.2.10',
    port: offered.targetPort === 'http' ? 8000 : Number(offered.targetPort),
    protocol: offered.protocol === 'UDP' ? ('UDP' as const) : ('TCP' as const),
    pod: {
      namespace: 'cache',
      labels: { ...selector, extra: 'label' },
      portName: offered.targetPort === 'http' ? 'http' : '',
    },
    service: { id, port: offered.port },
  })),
);
const inside = fc.record({
  address: fc.constant('192.0.2.11'),
  port: fc.constantFrom(53, 54, 8443, 8444, 8080, 8000),
  protocol,
  pod: fc.constantFrom(
    { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' }, portName: '' },
    { namespace: 'kube-system', labels: { app: 'registry' }, portName: '' },
    { namespace: 'elsewhere', labels: { 'k8s-app': 'kube-dns', app: 'gateway' }, portName: '' },
    { namespace: 'chaperone-system', labels: { app: 'gateway' }, portName: '' },
  ),
});

export function arbitraryWorld(namespace: string): fc.Arbitrary<World> {
  const policies = fc
    .array(spec, { minLength: 1, maxLength: 3 })
    .map((specs) => specs.map((any, index) => buildPolicy(`p${index}`, any, { namespace })));
  const probes = fc.array(
    fc.oneof(
      { arbitrary: outside, weight: 4 },
      { arbitrary: fc.constantFrom(...dials), weight: 1 },
      { arbitrary: inside, weight: 1 },
    ),
    { minLength: 20, maxLength: 20 },
  );
  return fc.record({ namespace: fc.constant(namespace), policies, probes });
}

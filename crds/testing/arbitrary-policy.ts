import fc from 'fast-check';

/** AgentPolicies of which some are right and some are wrong in a field or two, as a person would write them. */
export function arbitraryPolicy(): fc.Arbitrary<Record<string, unknown>> {
  return fc.record({
    apiVersion: fc.constant('chaperone.dev/v1alpha1'),
    kind: fc.constant('AgentPolicy'),
    metadata: fc.record({ name: fc.constantFrom('a', 'n'.repeat(63), 'a.b-c'), namespace: fc.constant('default') }),
    spec: specs,
  });
}

/** Mostly the first, now and then a wrong one. */
function mostly(right: fc.Arbitrary<unknown>, ...wrong: unknown[]): fc.Arbitrary<unknown> {
  return fc.oneof(
    { arbitrary: right, weight: 40 },
    ...wrong.map((value) => ({ arbitrary: fc.constant(value), weight: 1 })),
  );
}

const octet = fc.nat({ max: 255 });
const group = fc.nat({ max: 0xffff }).map((value) => value.toString(16));
const ipv4 = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'));
const ipv6 = fc.oneof(
  fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => groups.join(':')),
  fc
    .tuple(fc.array(group, { maxLength: 3 }), fc.array(group, { maxLength: 3 }))
    .map(([head, tail]) => `${head.join(':')}::${tail.join(':')}`),
);
const ipv4Block = fc.tuple(octet, octet).map(([a, b]) => `${a}.${b}.0.0/16`);
const anyBlock = fc.oneof(
  fc.tuple(ipv4, fc.integer({ min: 0, max: 34 })).map(([address, length]) => `${address}/${length}`),
  fc.tuple(ipv6, fc.integer({ min: 0, max: 130 })).map(([address, length]) => `${address}/${length}`),
  ipv4.map((address) => `${address}/32`),
  ipv6.map((address) => `${address}/128`),
);
const block = fc.oneof({ arbitrary: ipv4Block, weight: 20 }, { arbitrary: anyBlock, weight: 1 });
const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,5}[a-z0-9]$/);

const port = fc.record(
  {
    port: mostly(fc.integer({ min: 1, max: 60000 }), 0, 65536, '80', null),
    endPort: mostly(fc.integer({ min: 60000, max: 65535 }), 70000, 1),
    protocol: mostly(fc.constantFrom('TCP', 'UDP'), 'SCTP', 'tcp', ''),
  },
  { requiredKeys: ['port'] },
);

const withExcept = fc.tuple(octet, octet, fc.uniqueArray(octet, { maxLength: 3 })).map(([a, b, inner]) => ({
  cidr: `${a}.${b}.0.0/16`,
  except: inner.map((c) => `${a}.${b}.${c}.0/24`),
}));
const service = fc.record({ namespace: mostly(name, '', 'A', 'a.b'), name: mostly(name, '-', 'x'.repeat(64)) });
const destination = fc.oneof(
  { arbitrary: fc.record({ cidr: block }), weight: 10 },
  { arbitrary: withExcept, weight: 10 },
  { arbitrary: fc.record({ service }), weight: 10 },
  { arbitrary: fc.record({ cidr: block, except: fc.array(block, { maxLength: 2 }) }, { requiredKeys: [] }), weight: 1 },
  { arbitrary: fc.record({ cidr: block, service }, { requiredKeys: [] }), weight: 1 },
);
const rule = fc.record(
  {
    name: mostly(name, '', 'A'),
    to: fc.array(destination, { minLength: 1, maxLength: 3 }),
    ports: mostly(fc.array(port, { minLength: 1, maxLength: 3 }), []),
  },
  { requiredKeys: ['name', 'to'] },
);
const egress = fc.record(
  { default: mostly(fc.constantFrom('Allow', 'Deny'), 'deny', null), rules: fc.array(rule, { maxLength: 3 }) },
  { requiredKeys: ['default'] },
);
const folder = mostly(fc.constantFrom('/', '/opt/app', '/a b/ü', '/..a'), '', 'opt', '/opt/', '/a//b', '/a/..', '/./a');
const files = fc.record(
  {
    watch: mostly(fc.constantFrom('Auto', 'Always', 'Never'), 'always', null),
    paths: mostly(fc.uniqueArray(folder, { maxLength: 3 }), ['/a', '/a'], null),
  },
  { requiredKeys: [] },
);
const trace = fc.record(
  {
    processes: mostly(fc.constantFrom('All', 'None'), 'Some', null),
    scope: mostly(fc.constantFrom('Run', 'Job'), 'Step', null),
    files: mostly(files, null, 'Always'),
    redact: mostly(fc.uniqueArray(fc.constantFrom('*A*', 'b', 'c_d', 'e.f')), ['a b'], ['*', '*']),
  },
  { requiredKeys: [] },
);

const secretKey = fc.record(
  {
    name: mostly(fc.constantFrom('hook', 'a.b-c'), '', 'A', 'a/b'),
    key: mostly(fc.constantFrom('url', 'A_b.c'), '', 'a b'),
  },
  { requiredKeys: ['name'] },
);
const sink = fc.oneof(
  {
    arbitrary: fc.record(
      {
        name: mostly(name, '', 'A'),
        webhook: fc.record({ secretRef: secretKey, signingKeyRef: secretKey }, { requiredKeys: ['secretRef'] }),
      },
      { requiredKeys: ['name', 'webhook'] },
    ),
    weight: 10,
  },
  { arbitrary: fc.record({ name, slack: fc.record({ secretRef: secretKey }) }), weight: 10 },
  {
    arbitrary: fc.record({ name, slack: mostly(fc.record({ secretRef: secretKey }), {}) }, { requiredKeys: [] }),
    weight: 1,
  },
);
const alerts = fc.record(
  {
    minSeverity: mostly(fc.constantFrom('Info', 'Low', 'Medium', 'High', 'Critical'), 'high', null),
    sinks: mostly(fc.array(sink, { maxLength: 2 }), null),
  },
  { requiredKeys: [] },
);

const programPath = mostly(
  fc.constantFrom('/opt/a', '/opt/*/bin/a b', '/.a/..b/...'),
  'opt/a',
  '/opt/../a',
  '/./a',
  '/a//b',
  '/a/',
  '',
);
const programPaths = mostly(fc.uniqueArray(programPath, { minLength: 1, maxLength: 3 }), [], ['/a', '/a'], null);
const npmPackages = mostly(
  fc.uniqueArray(mostly(fc.constantFrom('agent', '@acme/agent', 'a.b_c~d'), '@acme', 'A', 'a/b', ''), { minLength: 1 }),
  [],
  null,
);
const agent = fc.record({
  name: mostly(name, '', 'A'),
  match: mostly(
    fc.record({ paths: programPaths, scripts: programPaths, packages: npmPackages }, { requiredKeys: [] }),
    {},
    null,
  ),
});
const agents = mostly(fc.array(agent, { maxLength: 3 }), null);

const labelKey = fc.oneof(
  { arbitrary: fc.constantFrom('team', 'example.com/tier', 'A_b.c'), weight: 20 },
  {
    arbitrary: fc.constantFrom('', 'a/', '/a', 'a/b/c', 'Ex.com/a', 'x'.repeat(64), `${'a.'.repeat(130)}a/b`),
    weight: 1,
  },
);
const labelValue = mostly(fc.constantFrom('web', '', 'A_b.c-1'), 'a b', '-a', 'x'.repeat(64));
const expression = fc.oneof(
  {
    arbitrary: fc.record({
      key: labelKey,
      operator: fc.constantFrom('In', 'NotIn'),
      values: fc.array(labelValue, { minLength: 1, maxLength: 2 }),
    }),
    weight: 10,
  },
  { arbitrary: fc.record({ key: labelKey, operator: fc.constantFrom('Exists', 'DoesNotExist') }), weight: 10 },
  {
    arbitrary: fc.record({
      key: labelKey,
      operator: fc.constantFrom('In', 'Exists', 'Gt'),
      values: fc.array(labelValue, { maxLength: 1 }),
    }),
    weight: 1,
  },
);
const selector = fc.record(
  {
    matchLabels: fc.dictionary(labelKey, labelValue, { maxKeys: 2 }),
    matchExpressions: fc.array(expression, { maxLength: 2 }),
  },
  { requiredKeys: [] },
);
const specs = fc.record(
  {
    selector: mostly(selector, null, []),
    mode: mostly(fc.constantFrom('Audit', 'Enforce'), 'audit', null, 1),
    failureMode: mostly(fc.constantFrom('Open', 'Closed'), 'closed', null),
    egress: mostly(egress, null, {}, 'Deny'),
    agents,
    trace: mostly(trace, null, { process: 'All' }),
    alerts: mostly(alerts, null, { sink: [] }),
  },
  { requiredKeys: ['selector', 'mode'] },
);

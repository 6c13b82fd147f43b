import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { type AgentPolicy, checkAgentPolicy } from '../../crds/agent-policy.ts';
import { openPolicyImage, signPolicyImage } from '../../crds/policy-image.ts';
import { arbitraryPolicy } from '../../crds/testing/arbitrary-policy.ts';
import { buildPolicy } from '../../crds/testing/build-policy.ts';
import { compilePolicyImage } from './compile-policy-image.ts';

const rules = [
  {
    name: 'mirror',
    to: [{ cidr: '203.0.113.0/24' }, { service: { namespace: 'cache', name: 'registry' } }],
    ports: [{ port: 443 }],
  },
];
const denying = buildPolicy('denying', { mode: 'Enforce', egress: { default: 'Deny', rules } });

const taken = fc.uniqueArray(arbitraryPolicy(), { maxLength: 4 }).map((candidates) =>
  candidates.flatMap((candidate, index) => {
    const checked = checkAgentPolicy({
      ...candidate,
      metadata: { name: `p${index}`, namespace: 'ci', generation: index },
    });
    return 'policy' in checked ? [checked.policy] : [];
  }),
);

test('any policies that the schema takes come to an image that the sensor takes', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const [publicPem, privatePem] = [
    publicKey.export({ type: 'spki', format: 'pem' }),
    privateKey.export({ type: 'pkcs8', format: 'pem' }),
  ];
  fc.assert(
    fc.property(taken, (policies) => {
      const { payload, hash } = compilePolicyImage('ci', policies);
      const opened = openPolicyImage(signPolicyImage(payload, String(privatePem)), String(publicPem));
      assert.equal(opened.hash, hash);
    }),
  );
});

test('the order of the policies does not matter', () => {
  fc.assert(
    fc.property(taken, (policies) => {
      assert.deepEqual(compilePolicyImage('ci', policies), compilePolicyImage('ci', policies.toReversed()));
    }),
  );
});

test('an Audit policy changes nothing of what an Enforce policy holds', () => {
  fc.assert(
    fc.property(taken, (policies) => {
      const audits = policies.filter(({ spec }) => spec.mode === 'Audit');
      const { egress, mode, failureMode } = compilePolicyImage('ci', [denying]).payload;
      const beside = compilePolicyImage('ci', [denying, ...audits]).payload;
      assert.deepEqual([beside.egress, beside.mode, beside.failureMode], [egress, mode, failureMode]);
    }),
  );
});

test('each destination is a rule of its own that names its policy', () => {
  const ports = [{ port: 443, protocol: 'TCP' }];
  assert.deepEqual(compilePolicyImage('ci', [denying]).payload.egress.rules, [
    { policy: 'denying', name: 'mirror', cidr: '203.0.113.0/24', ports },
    { policy: 'denying', name: 'mirror', service: { namespace: 'cache', name: 'registry' }, ports },
  ]);
});

test('a change of any one policy makes the image newer', () => {
  const other = buildPolicy('other');
  const changed = buildPolicy('other', {}, { generation: 2 });
  assert.equal(compilePolicyImage('ci', [denying, other]).payload.generation, 2);
  assert.equal(compilePolicyImage('ci', [denying, changed]).payload.generation, 3);
});

test('agents are asked as soon as one policy asks them', () => {
  const asking = buildPolicy('asking', { trace: { agents: { telemetry: 'Collect' } } });
  const silent = buildPolicy('silent', { trace: { agents: { telemetry: 'None' } } });
  assert.equal(compilePolicyImage('ci', [silent, asking]).payload.trace.agents, 'Collect');
  assert.equal(compilePolicyImage('ci', [silent]).payload.trace.agents, undefined);
});

test('of what policies say of watching files Always comes before Never, and Never before Auto', () => {
  const asking = buildPolicy('asking', { trace: { files: { watch: 'Always', paths: ['/opt', '/a'] } } });
  const never = buildPolicy('never', { trace: { files: { watch: 'Never', paths: ['/b'] } } });
  assert.deepEqual(compilePolicyImage('ci', [never, asking]).payload.trace.files, { paths: ['/a', '/opt'] });
  const silent = buildPolicy('silent');
  const paths = buildPolicy('paths', { trace: { files: { paths: ['/c'] } } });
  const filesOf = (...policies: AgentPolicy[]) => compilePolicyImage('ci', policies).payload.trace.files;
  assert.deepEqual(filesOf(never, silent, paths), { watch: 'Never', paths: [] });
  assert.deepEqual(filesOf(paths, silent), { watch: 'Auto', paths: ['/c'] });
  assert.deepEqual(filesOf(paths, asking, never), { paths: ['/a', '/c', '/opt'] });
  assert.equal(filesOf(silent), undefined);
});

test('each job has a trace of its own if one policy asks for it', () => {
  const [own, plain] = [
    buildPolicy('own', { trace: { scope: 'Job' } }),
    buildPolicy('plain', { trace: { scope: 'Run' } }),
  ];
  assert.equal(compilePolicyImage('ci', [own, plain]).payload.trace.scope, 'Job');
  assert.ok(!('scope' in compilePolicyImage('ci', [plain]).payload.trace));
});

test('what is redacted adds up, and processes are left out only by all', () => {
  const quiet = buildPolicy('quiet', { trace: { processes: 'None', redact: ['B', 'A'] } });
  const loud = buildPolicy('loud', { trace: { redact: ['B', 'C'] } });
  assert.deepEqual(compilePolicyImage('ci', [quiet]).payload.trace, { processes: 'None', redact: ['A', 'B'] });
  assert.deepEqual(compilePolicyImage('ci', [quiet, loud]).payload.trace, {
    processes: 'All',
    redact: ['A', 'B', 'C'],
  });
});

test('an author is told of what has no effect', () => {
  const audit = buildPolicy('audit', { failureMode: 'Closed', egress: { default: 'Deny', rules } });
  const allowing = buildPolicy('allowing', { mode: 'Enforce', egress: { default: 'Allow', rules } });
  assert.match(warnings([denying, audit]), /^audit is in Audit while .*\naudit has failureMode Closed/);
  assert.match(warnings([allowing]), /^allowing has egress rules, but everything is allowed/);
  assert.equal(warnings([denying, allowing]), '');
});

function warnings(policies: Parameters<typeof compilePolicyImage>[1]): string {
  return compilePolicyImage('ci', policies).warnings.join('\n');
}

test('agents of all policies are declared, and of one that several declare all that they say', () => {
  const agent = (name: string, path: string) => ({ name, match: { paths: [path] } });
  const [one, other] = [
    buildPolicy('one', { agents: [agent('b', '/b'), agent('a', '/z')] }),
    buildPolicy('other', { mode: 'Enforce', agents: [{ name: 'a', match: { paths: ['/z', '/a'] } }] }),
  ];
  assert.deepEqual(compilePolicyImage('ci', [one, other]).payload.agents, [
    { name: 'a', match: { paths: ['/a', '/z'] } },
    { name: 'b', match: { paths: ['/b'] } },
  ]);
});

test('where no policy declares an agent the image is what it was before there were any', () => {
  for (const agents of [undefined, []])
    assert.equal('agents' in compilePolicyImage('ci', [buildPolicy('one', agents && { agents })]).payload, false);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PolicyImage, PolicyImageRule } from '../../crds/policy-image.ts';
import type { FakeKernel, FakeProcess } from '../lineage/testing/fake-kernel.ts';
import { egressViewOf } from '../policy/egress-view.ts';
import { noPolicy } from '../spans/policy-view.ts';
import { findingSpans, JobOfSteps, told } from './testing/told-findings.ts';

const mirror: PolicyImageRule = {
  policy: 'web-ci',
  name: 'mirror',
  cidr: '203.0.113.0/24',
  ports: [{ port: 443, protocol: 'TCP' }],
};
const cache: PolicyImageRule = { policy: 'web-ci', name: 'cache', service: { namespace: 'cache', name: 'registry' } };
const network = { addresses: ['10.244.1.7'], openHosts: ['gateway.chaperone-system.svc'] };

type Rules = readonly PolicyImageRule[];

function policyOf(mode: 'Audit' | 'Enforce', rules: Rules, otherwise: 'Allow' | 'Deny' = 'Deny') {
  const image: PolicyImage = {
    version: 1,
    namespace: 'ci',
    generation: 1,
    mode,
    failureMode: 'Open',
    policies: [{ name: 'web-ci', generation: 1, mode }],
    egress: { default: otherwise, rules: [...rules] },
    trace: { processes: 'All', redact: [] },
  };
  return { ...noPolicy, mode, egress: egressViewOf(image) };
}

/** What a step's program finds of such a policy. */
function judged(policy: ReturnType<typeof policyOf>, act: (kernel: FakeKernel, curl: FakeProcess) => void) {
  const job = new JobOfSteps().step((kernel, shell) => {
    const curl = kernel.spawn(shell, '/usr/bin/curl');
    act(kernel, curl);
    kernel.exit(curl);
  });
  const { spans } = job.end({ policy: () => policy, network });
  return { spans, found: told(spans).filter((line) => /egress-|name-outside/.test(line)) };
}

const unanswered = { sent: 0, received: 0, errno: 110, state: 'opening' } as const;

test('under Audit a connection that no rule allows would be refused, under Enforce it is', () => {
  const act = (kernel: FakeKernel, curl: FakeProcess) => {
    kernel.resolve(curl, 'gist.example.com', ['198.51.100.9']);
    for (let i = 0; i < 3; i += 1) kernel.close(curl, kernel.connect(curl, '198.51.100.9', 443), unanswered);
  };
  const audit = judged(policyOf('Audit', [mirror]), act);
  assert.deepEqual(audit.found, ['Low egress-would-refuse gist.example.com:443']);
  const [span] = findingSpans(audit.spans);
  assert.equal(span?.attributes['chaperone.count'], 3);
  assert.match(
    String(span.attributes['chaperone.finding.text']),
    /^curl connected to gist\.example\.com:443, which the policy would refuse \(no rule of web-ci allows it\) in step /,
  );
  assert.deepEqual(judged(policyOf('Enforce', [mirror]), act).found, ['Medium egress-refused gist.example.com:443']);
});

test('under Enforce a connection that came through although no rule allows it is a High finding', () => {
  const through = (connect: (kernel: FakeKernel, curl: FakeProcess) => void) =>
    judged(policyOf('Enforce', [mirror]), connect).found;
  const refused = 'Medium egress-refused 198.51.100.9:443';
  const notHeld = 'High egress-not-held 198.51.100.9:443';
  assert.deepEqual(
    through((kernel, curl) => void kernel.close(curl, kernel.connect(curl, '198.51.100.9', 443))),
    [refused, notHeld],
  );
  const hello = Buffer.from('160301', 'hex');
  const stillOpen = (kernel: FakeKernel, curl: FakeProcess) =>
    kernel.opening(curl, kernel.connect(curl, '198.51.100.9', 443), hello);
  assert.deepEqual(through(stillOpen), [refused, notHeld]);
});

test('of datagrams what is sent counts, not what a resolver tries out', () => {
  const found = (traffic: { sent: number; received: number }) =>
    judged(policyOf('Enforce', [mirror]), (kernel, curl) => {
      const start = kernel.connect(curl, '198.51.100.9', 443, { transport: 'udp' });
      kernel.close(curl, start, { ...traffic, state: 'none' });
    }).found.map((line) => line.split(' ')[1]);
  assert.deepEqual(found({ sent: 0, received: 0 }), []);
  assert.deepEqual(found({ sent: 9, received: 0 }), ['egress-refused']);
  assert.deepEqual(found({ sent: 9, received: 9 }), ['egress-refused', 'egress-not-held']);
});

test('a name that leads only outside of the policy is found where no connection follows', () => {
  const asks = (kernel: FakeKernel, curl: FakeProcess) => {
    kernel.resolve(curl, 'a.example.com', ['198.51.100.9', '198.51.100.10']);
    kernel.resolve(curl, 'some.example.com', ['198.51.100.9', '203.0.113.4']);
    kernel.resolve(curl, 'none.example.com', null);
    kernel.resolve(curl, 'followed.example.com', ['198.51.100.77']);
    kernel.connect(curl, '198.51.100.77', 443);
  };
  const names = (mode: 'Audit' | 'Enforce') =>
    judged(policyOf(mode, [mirror]), asks).found.filter((line) => line.includes('name-'));
  assert.deepEqual(names('Audit'), ['Info name-outside a.example.com']);
  assert.deepEqual(names('Enforce'), ['Low name-outside a.example.com']);
});

test('what a rule allows, what no NetworkPolicy judges and what cannot be told is no finding', () => {
  const { found } = judged(policyOf('Enforce', [mirror, cache]), (kernel, curl) => {
    kernel.resolve(curl, 'registry.cache.svc.cluster.local', ['10.96.4.4']);
    kernel.resolve(curl, 'gateway.chaperone-system.svc', ['192.168.7.7']);
    for (const address of ['203.0.113.7', '10.96.4.4', '127.0.0.1', '::1', '10.244.1.7', '10.96.0.1', '192.168.7.7'])
      kernel.close(curl, kernel.connect(curl, address, 443));
    kernel.connect(curl, '10.96.0.10', 53, { transport: 'udp', hook: 'sendmsg' });
    kernel.connect(curl, '224.0.0.251', 5353, { transport: 'udp', hook: 'sendmsg' });
    kernel.connect(curl, '198.51.100.9', 0, { transport: 'icmp', hook: 'packet' });
  });
  assert.deepEqual(found, []);
  const allowing = judged(policyOf('Enforce', [], 'Allow'), (kernel, curl) => void kernel.connect(curl, '8.8.8.8', 1));
  assert.deepEqual(allowing.found, []);
});

test('private addresses are outside where no rule could mean them: by another name, on a link, or without rules for the cluster', () => {
  const act = (kernel: FakeKernel, curl: FakeProcess) => {
    kernel.resolve(curl, 'intranet.example.com', ['10.1.1.1']);
    for (const [address, port] of [
      ['10.1.1.1', 443],
      ['169.254.169.254', 80],
      ['10.96.0.1', 443],
    ] as const)
      kernel.connect(curl, address, port);
  };
  const hosts = (rules: Rules) => judged(policyOf('Audit', rules), act).found.map((line) => line.split(' ')[2]);
  assert.deepEqual(hosts([mirror, cache]), ['intranet.example.com:443', '169.254.169.254:80']);
  assert.deepEqual(hosts([mirror]), ['intranet.example.com:443', '169.254.169.254:80', '10.96.0.1:443']);
});

test('the runner itself is judged as well', () => {
  const job = new JobOfSteps().step((kernel, _, worker) => void kernel.connect(worker, '198.51.100.9', 443));
  const { spans } = job.end({ policy: () => policyOf('Audit', [mirror]), network });
  assert.deepEqual(told(spans), ['Low egress-would-refuse 198.51.100.9:443']);
});

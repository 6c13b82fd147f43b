import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fastCheck from 'fast-check';
import type { AgentPolicy, FileWatch } from '../../crds/agent-policy.ts';
import type { RawPod } from '../injection/injection-plan.ts';
import type { JsonPatch } from '../injection/json-patch.ts';
import { type AdmissionSnapshot, decideAdmission, type Verdict } from './decide.ts';
import type { AdmissionRequest } from './review.ts';
import { podOf, policyOf, requestFor, snapshotOf } from './testing/admission.ts';

const audit = snapshotOf([policyOf('Audit')]);
const enforce = snapshotOf([policyOf('Enforce')]);

/** The verdict in short: `inject`, `skip windows`, `refuse 503 pod-security`. */
function decide(request: AdmissionRequest, snapshot: AdmissionSnapshot): string {
  const verdict = decideAdmission(request, snapshot);
  const code = verdict.verdict === 'refuse' ? ` ${verdict.code}` : '';
  return `${verdict.verdict}${code}${'reason' in verdict ? ` ${verdict.reason}` : ''}`;
}

const labelled = (labels: Record<string, string>): Partial<AdmissionSnapshot> => ({
  namespaceLabels: () => ({ 'chaperone.dev/injection': 'enabled', ...labels }),
});
const baseline = labelled({ 'pod-security.kubernetes.io/enforce': 'baseline' });
const pending = { isNetworkPolicyReady: () => false };
const tried = (outcome: 'refused' | 'undecided', since: string): Partial<AdmissionSnapshot> => ({
  dryRun: () => ({ outcome, since, message: 'exceeded quota' }),
});
const refused = tried('refused', '2026-11-22T10:59:00Z');
const refusedLong = tried('refused', '2026-11-22T10:00:00Z');
const huge = Array.from({ length: 64 }, (_, rule) => ({
  name: `r-${rule}`,
  to: Array.from({ length: 64 }, (_, block) => ({ cidr: `2001:db8:${rule.toString(16)}:${block.toString(16)}::/64` })),
}));

const cases: [what: string, AdmissionRequest, AdmissionSnapshot, expected: string][] = [
  ['a pod that a policy audits', requestFor(podOf()), audit, 'inject'],
  ['a pod that a policy holds', requestFor(podOf()), enforce, 'inject'],
  ['a pod that no policy names, for its trace', requestFor(podOf()), snapshotOf([]), 'inject'],
  ['a pod that is changed', requestFor(podOf(), { operation: 'UPDATE' }), audit, 'skip not-a-new-pod'],
  ['an exec into a pod', requestFor(podOf(), { subResource: 'exec' }), audit, 'skip not-a-new-pod'],
  ['another kind', requestFor(podOf(), { kind: 'Job' }), audit, 'skip not-a-new-pod'],
  ["the operator's own pod", requestFor(podOf(), { namespace: 'chaperone-system' }), audit, 'skip own-namespace'],
  ["the cluster's own pod", requestFor(podOf(), { namespace: 'kube-system' }), audit, 'skip own-namespace'],
  ['a pod before the caches are read', requestFor(podOf()), { ...audit, synced: false }, 'unavailable'],
  ['a pod of a namespace that is not cached', requestFor(podOf(), { namespace: 'new' }), audit, 'unavailable'],
  [
    'a pod of a namespace that the cache does not show as chosen yet',
    requestFor(podOf()),
    { ...audit, namespaceLabels: () => ({}) },
    'unavailable',
  ],
  [
    'a pod that opts out',
    requestFor(podOf({ labels: { 'chaperone.dev/injection': 'disabled' } })),
    audit,
    'skip opted-out',
  ],
  [
    'an opt-out where a policy enforces',
    requestFor(podOf({ labels: { 'chaperone.dev/injection': 'disabled' } })),
    enforce,
    'inject',
  ],
  ['Pod Security, under Audit', requestFor(podOf()), snapshotOf([policyOf('Audit')], baseline), 'skip pod-security'],
  [
    'Pod Security, under Enforce',
    requestFor(podOf()),
    snapshotOf([policyOf('Enforce')], baseline),
    'refuse 503 pod-security',
  ],
  [
    'a privileged namespace',
    requestFor(podOf()),
    snapshotOf([policyOf('Enforce')], labelled({ 'pod-security.kubernetes.io/enforce': 'privileged' })),
    'inject',
  ],
  [
    'a namespace not tried yet, under Audit',
    requestFor(podOf()),
    { ...audit, dryRun: () => undefined },
    'skip dry-run-pending',
  ],
  [
    'a namespace not tried yet, under Enforce',
    requestFor(podOf()),
    { ...enforce, dryRun: () => undefined },
    'refuse 503 dry-run-pending',
  ],
  [
    'a namespace that refuses the sensor, under Audit',
    requestFor(podOf()),
    { ...audit, ...refused },
    'skip dry-run-refused',
  ],
  [
    'a namespace that refuses the sensor, under Enforce',
    requestFor(podOf()),
    { ...enforce, ...refused },
    'refuse 503 dry-run-refused',
  ],
  [
    'a namespace that has refused it for long',
    requestFor(podOf()),
    { ...enforce, ...refusedLong },
    'refuse 400 dry-run-refused',
  ],
  [
    'a namespace that refuses every pod for long',
    requestFor(podOf()),
    { ...enforce, ...tried('undecided', '2026-11-22T10:00:00Z') },
    'refuse 503 dry-run-undecided',
  ],
  [
    'a NetworkPolicy not seen yet',
    requestFor(podOf()),
    snapshotOf([policyOf('Enforce')], pending),
    'refuse 503 network-policy-pending',
  ],
  [
    'a pod that an Enforce policy may hold which cannot be read',
    requestFor(podOf({ labels: { 'chaperone.dev/injection': 'disabled' } })),
    { ...audit, unreadablePolicies: () => ['web-ci'] },
    'refuse 503 policy-unreadable',
  ],
  ['a NetworkPolicy that Audit does not have', requestFor(podOf()), snapshotOf([policyOf('Audit')], pending), 'inject'],
  ['a Windows pod, under Audit', requestFor(podOf({ spec: { os: { name: 'windows' } } })), audit, 'skip windows'],
  [
    'a Windows pod, under Enforce',
    requestFor(podOf({ spec: { os: { name: 'windows' } } })),
    enforce,
    'refuse 400 windows',
  ],
  ['the host network, under Audit', requestFor(podOf({ spec: { hostNetwork: true } })), audit, 'inject'],
  [
    'the host network, under Enforce',
    requestFor(podOf({ spec: { hostNetwork: true } })),
    enforce,
    'refuse 400 host-network',
  ],
  [
    'policies that no pod can carry, under Audit',
    requestFor(podOf()),
    snapshotOf([policyOf('Audit', huge)]),
    'skip policy-too-large',
  ],
  [
    'policies that no pod can carry, under Enforce',
    requestFor(podOf()),
    snapshotOf([policyOf('Enforce', huge)]),
    'refuse 503 policy-too-large',
  ],
];

describe('decideAdmission', () => {
  for (const [what, request, snapshot, expected] of cases) {
    test(`says "${expected}" to ${what}`, () => assert.equal(decide(request, snapshot), expected));
    test(`says the same to a dry run of ${what}`, () => {
      assert.equal(decide({ ...request, dryRun: true }, snapshot), expected);
    });
  }

  test('changes nothing in a pod that already is what it asks for', () => {
    const pod = patched(podOf(), decideAdmission(requestFor(podOf()), enforce));
    const again = decideAdmission(requestFor(pod), enforce);
    assert.deepEqual(again, { verdict: 'inject', patch: [], warnings: [] });
  });

  test('keeps a field that it does not know', () => {
    const pod = patched(podOf(), decideAdmission(requestFor(podOf()), enforce));
    assert.deepEqual((pod.spec as { containers: unknown }).containers, (podOf().spec as RawPod).containers);
  });

  test('tells the sensor when to watch files: as the policies say, and Auto where none does', () => {
    const told = (...policies: AgentPolicy[]) => {
      const pod = patched(podOf(), decideAdmission(requestFor(podOf()), snapshotOf(policies)));
      return /"name":"CHAPERONE_WATCH_FILES","value":"(\w+)"/.exec(JSON.stringify(pod))?.[1];
    };
    const asking = (watch: FileWatch) => {
      const policy = policyOf('Audit');
      policy.spec.trace.files = { watch, paths: [] };
      return policy;
    };
    assert.deepEqual([told(), told(policyOf('Audit'))], ['Auto', 'Auto']);
    assert.deepEqual([told(asking('Always')), told(asking('Never'))], ['Always', 'Never']);
  });

  test('stamps the labels of the policies that hold the pod, and takes away any that came with it', () => {
    const request = requestFor(podOf({ labels: { 'policy.chaperone.dev/other': 'enforce' } }));
    const pod = patched(request.pod, decideAdmission(request, enforce));
    assert.deepEqual((pod.metadata as { labels: unknown }).labels, {
      app: 'ci',
      'chaperone.dev/sensor': 'injected',
      'chaperone.dev/egress-default': 'deny',
      'policy.chaperone.dev/web-ci': 'enforce',
    });
  });

  test('signs what the policies of a pod come to once, and anew when one of them changes', () => {
    const policy = policyOf('Audit');
    let signatures = 0;
    const counting: AdmissionSnapshot = {
      ...audit,
      policies: () => [policy],
      signPolicyImage(image) {
        signatures += 1;
        return audit.signPolicyImage(image);
      },
    };
    for (let turn = 0; turn < 3; turn++) decide(requestFor(podOf()), { ...counting });
    assert.equal(signatures, 1);
    policy.metadata.generation = 2;
    decide(requestFor(podOf()), counting);
    assert.equal(signatures, 2);
  });

  test('never refuses with a status on which ARC gives a runner up, whatever the pod', () => {
    const flags = fastCheck.record({
      hostNetwork: fastCheck.boolean(),
      hostPID: fastCheck.boolean(),
      hostUsers: fastCheck.boolean(),
      os: fastCheck.constantFrom({ name: 'windows' }, { name: 'linux' }),
    });
    const worlds = fastCheck.constantFrom(
      audit,
      enforce,
      { ...enforce, ...baseline },
      { ...enforce, ...pending },
      { ...enforce, ...refusedLong },
      { ...audit, synced: false },
    );
    fastCheck.assert(
      fastCheck.property(flags, worlds, (spec, snapshot) => {
        const verdict = decideAdmission(requestFor(podOf({ spec })), snapshot);
        if (verdict.verdict === 'refuse') assert.ok([400, 503].includes(verdict.code));
      }),
    );
  });
});

/** The pod after the verdict's patch; an independent, small reading of RFC 6902. */
function patched(pod: RawPod, verdict: Verdict): RawPod {
  assert.equal(verdict.verdict, 'inject');
  const copy = structuredClone(pod);
  for (const operation of (verdict as { patch: JsonPatch }).patch) {
    const keys = operation.path
      .slice(1)
      .split('/')
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = keys.pop() ?? '';
    const parent = keys.reduce((at, key) => at[key] as RawPod, copy);
    if (operation.op === 'remove') delete parent[last];
    else parent[last] = operation.value;
  }
  return copy;
}

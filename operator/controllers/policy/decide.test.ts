import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coveredPodsFinalizer, policyLabel, policyLabelEnforce } from '../../../crds/names.ts';
import type { KubeObject, NetworkPolicy } from '../../kube/objects.ts';
import { clusterDns, type NetworkFacts } from '../../network/network-facts.ts';
import { aPod, aPolicy, aPolicyObject, readImage } from '../testing/builders.ts';
import { decidePolicy, type PolicyDecision, type PolicyWorld } from './decide.ts';
import type { PolicyEntry } from './policy-book.ts';

const now = Date.UTC(2026, 10, 22, 10, 0, 0, 500);
const facts: NetworkFacts = {
  gateway: { namespace: 'chaperone-system', podLabels: { app: 'gateway' }, port: 8443 },
  dns: clusterDns,
  services: new Map(),
};
const held = { [policyLabel('web')]: policyLabelEnforce };

const admitted = { outcome: 'admitted', since: '2026-11-22T09:00:00Z', message: '' } as const;

function worldOf(object: KubeObject, parts: Partial<PolicyWorld> = {}): PolicyWorld {
  const { spec, metadata } = object as KubeObject & { spec: Record<string, unknown> };
  const entry: PolicyEntry = { object, faults: [], inForce: aPolicy(spec, metadata) };
  const policies = entry.inForce === undefined ? [] : [entry.inForce];
  const pods = { policies, pods: [], bare: [], readImage };
  return { entry, facts, live: undefined, isInjected: true, isEnding: false, dryRun: admitted, ...pods, now, ...parts };
}

function conditionOf({ status }: PolicyDecision, type: string): string {
  const condition = status?.conditions?.find((one) => one.type === type);
  return `${condition?.status} ${condition?.reason}`;
}

/** The NetworkPolicy as the API server has it after the decision was carried out. */
function liveOf(decision: PolicyDecision): NetworkPolicy {
  assert.equal(decision.network.do, 'apply');
  return structuredClone(decision.network.do === 'apply' ? decision.network.object : {}) as unknown as NetworkPolicy;
}

test('An Enforce policy gets its finalizer and NetworkPolicy and is ready', () => {
  const decision = decidePolicy(worldOf(aPolicyObject()));
  assert.equal(decision.finalizer, true);
  assert.equal(liveOf(decision).metadata.name, 'chaperone-web');
  assert.equal(conditionOf(decision, 'Ready'), 'True Ready');
  assert.deepEqual(decision.status?.runners, { matched: 0, current: 0, stale: 0, unheld: 0 });
});

test('A NetworkPolicy that is as rendered is left alone, whatever labels others added', () => {
  const live = liveOf(decidePolicy(worldOf(aPolicyObject())));
  live.metadata.labels = { ...live.metadata.labels, team: 'red' };
  assert.deepEqual(decidePolicy(worldOf(aPolicyObject(), { live })).network, { do: 'keep' });
});

test('A NetworkPolicy that others changed is applied again', () => {
  const change: ((live: NetworkPolicy) => void)[] = [
    (live) => live.spec.egress?.push({}),
    (live) => {
      live.spec.podSelector = {};
    },
    (live) => {
      live.metadata.ownerReferences = [];
    },
  ];
  for (const tamper of change) {
    const live = liveOf(decidePolicy(worldOf(aPolicyObject())));
    tamper(live);
    assert.equal(decidePolicy(worldOf(aPolicyObject(), { live })).network.do, 'apply');
  }
});

test('Audit takes NetworkPolicy and finalizer away', () => {
  const live = liveOf(decidePolicy(worldOf(aPolicyObject())));
  const decision = decidePolicy(worldOf(aPolicyObject({ mode: 'Audit' }), { live }));
  assert.deepEqual([decision.network, decision.finalizer], [{ do: 'delete' }, false]);
  assert.equal(conditionOf(decision, 'NetworkPolicyReady'), 'True NotNeeded');
});

test('A refused change says so and leaves the last good policy in force', () => {
  const object = aPolicyObject({}, { generation: 2 });
  const faults = [{ path: 'spec.egress.rules', message: 'too long' }];
  const decision = decidePolicy(worldOf(object, { entry: { object, faults, inForce: aPolicy() } }));
  assert.equal(decision.network.do, 'apply');
  assert.equal(conditionOf(decision, 'Accepted'), 'False Refused');
  assert.equal(conditionOf(decision, 'Ready'), 'False Refused');
  assert.match(decision.notices[0]?.note ?? '', /^spec\.egress\.rules: too long\. Generation 1 stays in force\.$/);
});

test('A refused policy without a predecessor changes nothing in the cluster', () => {
  const object = aPolicyObject({}, { finalizers: [coveredPodsFinalizer] });
  const faults = [{ path: 'spec.mode', message: 'write Audit or Enforce' }];
  const decision = decidePolicy(worldOf(object, { entry: { object, faults, inForce: undefined } }));
  assert.deepEqual([decision.network, decision.finalizer], [{ do: 'keep' }, true]);
  assert.equal(conditionOf(decision, 'NetworkPolicyReady'), 'Unknown NotAccepted');
});

test('A rule that cannot be held is said in condition and Event', () => {
  const rules = [{ name: 'cache', to: [{ service: { namespace: 'cache', name: 'registry' } }] }];
  const decision = decidePolicy(worldOf(aPolicyObject({ egress: { default: 'Deny', rules } })));
  assert.equal(conditionOf(decision, 'NetworkPolicyReady'), 'True AppliedInPart');
  const ready = decision.status?.conditions?.find(({ type }) => type === 'Ready');
  assert.match(ready?.message ?? '', /^In force, in part: spec\.egress\.rules\[name=cache\]/);
  assert.match(decision.notices[0]?.note ?? '', /no Service cache\/registry/);
});

test('A policy whose namespace is not chosen holds no new pod, and says so', () => {
  const decision = decidePolicy(worldOf(aPolicyObject(), { isInjected: false }));
  assert.equal(conditionOf(decision, 'NetworkPolicyReady'), 'True Applied');
  assert.equal(conditionOf(decision, 'Ready'), 'False NamespaceNotChosen');
});

test('A deleted policy holds its running pods until they have ended, then goes', () => {
  const object = aPolicyObject({}, { deletionTimestamp: '2026-11-22T09:00:00Z', finalizers: [coveredPodsFinalizer] });
  const live = liveOf(decidePolicy(worldOf(aPolicyObject())));
  const waiting = decidePolicy(worldOf(object, { live, pods: [aPod({ labels: held }), aPod()] }));
  assert.deepEqual([waiting.network, waiting.finalizer], [{ do: 'keep' }, true]);
  assert.match(waiting.notices[0]?.note ?? '', /^1 running pod is held/);
  const pods = [aPod({ labels: held, phase: 'Succeeded' }), aPod({ labels: held, phase: 'Failed' })];
  const ended = decidePolicy(worldOf(object, { live, pods }));
  assert.deepEqual([ended.network, ended.finalizer, ended.status], [{ do: 'delete' }, false, undefined]);
  assert.deepEqual(decidePolicy(worldOf(object)).network, { do: 'keep' }, "another's of this name is not deleted");
});

test('A NetworkPolicy is mended while its policy waits to go', () => {
  const object = aPolicyObject({}, { deletionTimestamp: '2026-11-22T09:00:00Z', finalizers: [coveredPodsFinalizer] });
  assert.equal(decidePolicy(worldOf(object, { pods: [aPod({ labels: held })] })).network.do, 'apply');
});

test('Runners are current when armed with just this policy, else stale', () => {
  const policy = aPolicy();
  const older = aPolicy({}, { generation: 0 });
  const pods = [
    aPod({ carries: [policy], says: { armed: true, policyHash: 'carried' } }),
    aPod({ carries: [policy], says: { armed: true, policyHash: 'sha256:other' } }),
    aPod({ carries: [policy], says: { armed: false, policyHash: 'carried' } }),
    aPod({ carries: [older], says: { armed: true, policyHash: 'carried' } }),
    aPod({ carries: [policy] }),
    aPod({ says: { armed: true } }),
    aPod({ phase: 'Pending' }),
    aPod({ labels: { app: 'another' } }),
  ];
  const another = aPolicy({ mode: 'Audit', selector: { matchLabels: { app: 'another' } } }, { name: 'another' });
  const decision = decidePolicy(worldOf(aPolicyObject(), { pods, policies: [policy, another] }));
  assert.deepEqual(decision.status?.runners, { matched: 6, current: 1, stale: 5, unheld: 0 });
  assert.equal(conditionOf(decision, 'SensorsCurrent'), 'False Stale');
  assert.equal(conditionOf(decision, 'Ready'), 'False Stale');
});

test('A time of transition moves only with its status', () => {
  const first = decidePolicy(worldOf(aPolicyObject())).status;
  const object = { ...aPolicyObject(), status: first };
  const later = decidePolicy(worldOf(object, { now: now + 60_000 })).status;
  assert.deepEqual(later, first);
  const stale = decidePolicy(worldOf(object, { now: now + 60_000, pods: [aPod()] })).status;
  const times = Object.fromEntries((stale?.conditions ?? []).map((one) => [one.type, one.lastTransitionTime]));
  assert.deepEqual(times, {
    Accepted: '2026-11-22T10:00:00Z',
    NetworkPolicyReady: '2026-11-22T10:00:00Z',
    SensorAdmitted: '2026-11-22T10:00:00Z',
    SensorsCurrent: '2026-11-22T10:01:00Z',
    Ready: '2026-11-22T10:01:00Z',
  });
});

test('A namespace that refuses the sensor keeps its policies from being ready, in the words of what refused it', () => {
  const dryRun = { outcome: 'refused', since: '2026-11-22T09:00:00Z', message: 'exceeded quota' } as const;
  const decision = decidePolicy(worldOf(aPolicyObject(), { dryRun }));
  assert.equal(conditionOf(decision, 'SensorAdmitted'), 'False Refused');
  assert.equal(conditionOf(decision, 'Ready'), 'False Refused');
  assert.match(decision.notices[0]?.note ?? '', /refuses pods because of the sensor in them: exceeded quota/);
  assert.equal(conditionOf(decidePolicy(worldOf(aPolicyObject(), { dryRun: undefined })), 'Ready'), 'False Pending');
});

test('Pods without a sensor that an Enforce policy would hold are counted and told', () => {
  const pod = (labels: Record<string, string>) => ({ metadata: { name: 'x', labels }, spec: { containers: [] } });
  const decision = decidePolicy(
    worldOf(aPolicyObject(), { bare: [pod({ app: 'runner' }), pod({ app: 'unselected' })] }),
  );
  assert.equal(decision.status?.runners?.unheld, 2);
  assert.equal(conditionOf(decision, 'Ready'), 'False Unheld');
  const watch = aPolicy({ mode: 'Audit', selector: { matchLabels: { app: 'unselected' } } }, { name: 'watch' });
  const beside = worldOf(aPolicyObject(), { policies: [aPolicy(), watch], bare: [pod({ app: 'unselected' })] });
  assert.equal(decidePolicy(beside).status?.runners?.unheld, 0);
});

test('In a namespace that is being deleted nothing is made anew, and what stands is still mended', () => {
  const object = aPolicyObject({}, { deletionTimestamp: '2026-11-22T09:00:00Z', finalizers: [coveredPodsFinalizer] });
  const ending = { isEnding: true, pods: [aPod({ labels: held })] };
  const gone = decidePolicy(worldOf(object, ending));
  assert.deepEqual([gone.network, gone.notices, gone.finalizer], [{ do: 'keep' }, [], true]);
  const live = liveOf(decidePolicy(worldOf(aPolicyObject())));
  live.spec.egress?.push({});
  assert.equal(decidePolicy(worldOf(object, { ...ending, live })).network.do, 'apply');
});

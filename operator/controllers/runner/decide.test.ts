import assert from 'node:assert/strict';
import { test } from 'node:test';
import { egressDefaultDeny, egressDefaultLabel, policyLabel, policyLabelEnforce } from '../../../crds/names.ts';
import type { Pod } from '../../kube/objects.ts';
import { aPod, aPolicy, readImage } from '../testing/builders.ts';
import { decideRunner, type RunnerDecision, runnerPatch } from './decide.ts';

const stamped = { [policyLabel('web')]: policyLabelEnforce, [egressDefaultLabel]: egressDefaultDeny };
const decide = (pod: Pod, ...policies: ReturnType<typeof aPolicy>[]): RunnerDecision =>
  decideRunner({ pod, policies, labelsOf: () => undefined, unreadable: [], held: readImage(pod) });
const labelsOf = () => undefined;
const paths = ({ labels }: RunnerDecision): string[] => labels.map(({ op, path }) => `${op} ${path}`);

test('A pod that carries its present policy is left alone', () => {
  const pod = aPod({ labels: stamped, carries: [aPolicy()] });
  assert.deepEqual(decide(pod, aPolicy()), { image: undefined, labels: [], notices: [] });
});

test('A policy that changed is put on its running pods', () => {
  const pod = aPod({ labels: stamped, carries: [aPolicy()] });
  const changed = aPolicy({ failureMode: 'Closed' }, { generation: 2 });
  const { image } = decide(pod, changed);
  assert.deepEqual([image?.generation, image?.failureMode], [2, 'Closed']);
});

test('A new Enforce policy labels the running pods that it selects', () => {
  const decision = decide(aPod({ carries: [] }), aPolicy());
  assert.deepEqual(paths(decision), [
    'add /metadata/labels/policy.chaperone.dev~1web',
    'add /metadata/labels/chaperone.dev~1egress-default',
  ]);
  assert.equal(decision.image?.mode, 'Enforce');
});

test('A policy that no longer selects a pod goes on holding it', () => {
  const pod = aPod({ labels: { ...stamped, app: 'relabelled' }, carries: [aPolicy()] });
  assert.deepEqual(decide(pod, aPolicy()), { image: undefined, labels: [], notices: [] });
});

test('A policy that can no longer be read, after a restart of ours, leaves the pods that it holds as they are', () => {
  const pod = aPod({ labels: stamped, carries: [aPolicy()] });
  const decision = decideRunner({ pod, policies: [], labelsOf, unreadable: ['web'], held: readImage(pod) });
  assert.deepEqual(decision, { image: undefined, labels: [], notices: [] });
  const other = decideRunner({
    pod: aPod({ carries: [] }),
    policies: [aPolicy()],
    labelsOf,
    unreadable: ['x'],
    held: undefined,
  });
  assert.equal(other.image?.mode, 'Enforce');
});

test('A policy that is being deleted stays on the pods that it holds, and comes to no other', () => {
  const ending = aPolicy({}, { deletionTimestamp: '2026-11-22T10:00:00Z' });
  assert.equal(decide(aPod({ labels: stamped, carries: [ending] }), ending).image, undefined);
  assert.deepEqual(decide(aPod({ carries: [] }), ending), { image: undefined, labels: [], notices: [] });
});

test('An image grows in generation even when a policy goes', () => {
  const [web, other] = [aPolicy({}, { generation: 3 }), aPolicy({ mode: 'Audit' }, { name: 'other', generation: 9 })];
  const { image } = decide(aPod({ labels: stamped, carries: [web, other] }), web);
  assert.equal(image?.generation, 13);
  assert.deepEqual(
    image?.policies.map(({ name }) => name),
    ['web'],
  );
});

test('A policy that turns to Audit takes its labels off', () => {
  const pod = aPod({ labels: stamped, carries: [aPolicy()] });
  assert.deepEqual(paths(decide(pod, aPolicy({ mode: 'Audit' }, { generation: 2 }))), [
    'remove /metadata/labels/policy.chaperone.dev~1web',
    'remove /metadata/labels/chaperone.dev~1egress-default',
  ]);
});

test('An image that we did not sign is replaced', () => {
  const pod = aPod({ labels: stamped });
  assert.equal(decide(pod, aPolicy()).image?.generation, 1);
});

test('A pod that has ended is left alone', () => {
  for (const phase of ['Succeeded', 'Failed']) assert.equal(decide(aPod({ phase }), aPolicy()).image, undefined);
});

test('A sensor that is not armed is said, with what it means for the job', () => {
  const says = { armed: false, reason: 'no BTF' };
  const notes = (failureMode: string) => decide(aPod({ carries: [aPolicy({ failureMode })], says })).notices[0]?.note;
  assert.match(notes('Open') ?? '', /the job runs unobserved: no BTF/);
  assert.match(notes('Closed') ?? '', /the job does not start: no BTF/);
});

test('A sensor that the kubelet starts again and again is said, in its last words', () => {
  const waiting = aPod({ phase: 'Pending', carries: [aPolicy({ failureMode: 'Closed' })] });
  const noteAfter = (restartCount: number, message?: string): string | undefined => {
    const lastState = { terminated: { exitCode: 0, ...(message && { message }) } };
    const initContainerStatuses = [{ name: 'chaperone-sensor', restartCount, lastState }];
    return decide({ ...waiting, status: { phase: 'Pending', initContainerStatuses } }).notices[0]?.note;
  };
  assert.equal(noteAfter(0), undefined);
  assert.match(noteAfter(1, 'no\u001b[31m BTF\n') ?? '', /the job does not start: no \[31m BTF$/);
  assert.match(noteAfter(2) ?? '', /it was started 3 times$/);
});

test('A patch is for this very pod', () => {
  const patch = runnerPatch(aPod(), [{ op: 'remove', path: '/metadata/labels/x' }], 'signed');
  assert.deepEqual(patch[0], { op: 'test', path: '/metadata/uid', value: 'pod-uid' });
  assert.deepEqual(runnerPatch(aPod(), [], undefined), []);
});

test('A job pod is under the policies of its runner, also when the runner has gone before it', () => {
  const policy = aPolicy({ mode: 'Audit' });
  const job = { ...aPod({ carries: [policy] }) };
  job.metadata = { ...job.metadata, labels: { 'runner-pod': 'linux-1', 'chaperone.dev/sensor': 'injected' } };
  const changed = aPolicy({ mode: 'Audit', trace: { redact: ['*_DSN'] } }, { generation: 2 });
  for (const labels of [{ app: 'runner' }, undefined]) {
    const world = { pod: job, policies: [changed], labelsOf: () => labels, unreadable: [], held: readImage(job) };
    assert.deepEqual(decideRunner(world).image?.trace.redact, ['*_DSN']);
  }
});

test('A pod that no policy selects is held by those that enforce, and one that is held by no others', () => {
  const [web, other] = [aPolicy(), aPolicy({ selector: { matchLabels: { app: 'other' } } }, { name: 'other' })];
  const stray = aPod({ labels: { app: 'stray' }, carries: [] });
  assert.deepEqual(paths(decide(stray, web, other)).slice(0, 2), [
    'add /metadata/labels/policy.chaperone.dev~1other',
    'add /metadata/labels/policy.chaperone.dev~1web',
  ]);
  const relabelled = aPod({ labels: { ...stamped, app: 'stray' }, carries: [web] });
  assert.deepEqual(decide(relabelled, web, other), { image: undefined, labels: [], notices: [] });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPolicy } from '../controllers/testing/builders.ts';
import { governingPolicies } from './governing-policies.ts';
import type { Labels } from './select-policies.ts';

const forSet = (name: string, mode = 'Enforce') =>
  aPolicy({ mode, selector: { matchLabels: { 'actions.github.com/scale-set-name': name } } }, { name });
const policies = [forSet('linux'), forSet('arm'), forSet('watched', 'Audit')];
const set = (name: string): Labels => ({ 'actions.github.com/scale-set-name': name });
const runners: Record<string, Labels> = { 'linux-abcde': set('linux'), 'watched-abcde': set('watched') };

const cases: [what: string, labels: Labels, expected: string[]][] = [
  ['a runner pod', set('linux'), ['linux']],
  ['the pod that a runner made for its job', { 'runner-pod': 'linux-abcde' }, ['linux']],
  ['the pod of a container action', { 'batch.kubernetes.io/job-name': 'linux-abcde-step-0a1b2c3d' }, ['linux']],
  ['a job pod that has labels of its own besides', { 'runner-pod': 'linux-abcde', ...set('arm') }, ['linux', 'arm']],
  ['a job pod of a runner that is only watched', { 'runner-pod': 'watched-abcde' }, ['watched']],
  ['a job pod whose runner nobody knows', { 'runner-pod': 'gone' }, ['linux', 'arm']],
  ['a pod that no policy selects', { app: 'other' }, ['linux', 'arm']],
  ['a pod that a policy only watches', set('watched'), ['watched']],
];
for (const [what, labels, expected] of cases) {
  test(`${what} is under ${expected.join(' and ')}`, () => {
    const governing = governingPolicies(labels, { policies, labelsOf: (pod) => runners[pod] });
    assert.deepEqual(
      governing.map(({ metadata }) => metadata.name),
      expected,
    );
  });
}

test('where no policy enforces, a pod that none selects is under none', () => {
  const labelsOf = () => undefined;
  assert.deepEqual(governingPolicies({ app: 'other' }, { policies: [forSet('watched', 'Audit')], labelsOf }), []);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPolicyObject } from '../testing/builders.ts';
import { decideNamespace } from './decide.ts';

const path = '/metadata/labels/chaperone.dev~1enforce';
const enforced = { 'chaperone.dev/enforce': 'true' };
const ending = { deletionTimestamp: '2026-11-22T10:00:00Z' };
const enforce = aPolicyObject();
const audit = aPolicyObject({ mode: 'Audit' });

const cases = [
  {
    title: 'An Enforce policy labels its namespace',
    labels: { a: 'b' },
    policies: [audit, enforce],
    patch: [{ op: 'add', path, value: 'true' }],
  },
  {
    title: 'A namespace without labels gets its first',
    labels: undefined,
    policies: [enforce],
    patch: [{ op: 'add', path: '/metadata/labels', value: enforced }],
  },
  {
    title: 'A wrong value is set right',
    labels: { 'chaperone.dev/enforce': 'no' },
    policies: [enforce],
    patch: [{ op: 'add', path, value: 'true' }],
  },
  { title: 'A label that stands is left alone', labels: enforced, policies: [enforce], patch: [] },
  {
    title: 'The label goes with the last Enforce policy',
    labels: enforced,
    policies: [audit],
    patch: [{ op: 'remove', path }],
  },
  {
    title: 'A policy that is being deleted does not keep the label',
    labels: enforced,
    policies: [aPolicyObject({}, ending)],
    patch: [{ op: 'remove', path }],
  },
  { title: 'A namespace without policies is left alone', labels: undefined, policies: [], patch: [] },
];

for (const { title, labels, policies, patch } of cases) {
  test(title, () => {
    const namespace = { metadata: { name: 'ci', ...(labels && { labels: { ...labels } as Record<string, string> }) } };
    assert.deepEqual(decideNamespace(namespace, policies), patch);
  });
}

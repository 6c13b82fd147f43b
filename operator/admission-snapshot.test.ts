import assert from 'node:assert/strict';
import { test } from 'node:test';
import { takeSnapshot } from './admission-snapshot.ts';
import { createPolicyBook } from './controllers/policy/policy-book.ts';
import { aPolicy, aPolicyObject } from './controllers/testing/builders.ts';
import type { KubeObject } from './kube/objects.ts';
import { createStore } from './kube/store.ts';
import { byNamespace, type Stores } from './stores.ts';
import type { AdmissionSnapshot } from './webhook/decide.ts';

/** A cluster with just these policies, and no NetworkPolicy. */
function snapshotOf(...objects: KubeObject[]): AdmissionSnapshot {
  const aStore = () =>
    createStore<KubeObject>({
      indexers: { [byNamespace]: ({ metadata }) => [metadata.namespace ?? ''] },
      onHandlerError: (error) => assert.fail(String(error)),
    });
  const [policies, networkPolicies] = [aStore(), aStore()];
  policies.replace(objects);
  const stores = { policies, networkPolicies } as unknown as Stores;
  return takeSnapshot({ stores, book: createPolicyBook(policies) } as Parameters<typeof takeSnapshot>[0]);
}

test('An Enforce policy that cannot be read is named, one that is read or only audits is not', () => {
  const bad = { egress: { default: 'Nope' } };
  const audits = aPolicyObject({ ...bad, mode: 'Audit' }, { name: 'audits' });
  const snapshot = snapshotOf(aPolicyObject(bad), aPolicyObject({}, { name: 'good' }), audits);
  assert.deepEqual(snapshot.unreadablePolicies('ci'), ['web']);
  assert.deepEqual(snapshot.unreadablePolicies('other'), []);
});

test('A policy that asks for a NetworkPolicy is not ready without one, whatever its status says', () => {
  const condition = { type: 'NetworkPolicyReady', status: 'True', reason: 'NotNeeded', observedGeneration: 1 };
  const said = { ...aPolicyObject(), status: { conditions: [condition] } };
  assert.equal(snapshotOf(said).isNetworkPolicyReady(aPolicy()), false);
  assert.equal(snapshotOf(said).isNetworkPolicyReady(aPolicy({ egress: { default: 'Allow' } })), true);
});

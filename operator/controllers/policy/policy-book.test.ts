import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../kube/objects.ts';
import { createStore, type MutableStore } from '../../kube/store.ts';
import { byNamespace } from '../../stores.ts';
import { aPolicyObject } from '../testing/builders.ts';
import { createPolicyBook } from './policy-book.ts';

function aStore(...objects: KubeObject[]): MutableStore<KubeObject> {
  const store = createStore<KubeObject>({
    indexers: { [byNamespace]: ({ metadata }) => [metadata.namespace ?? ''] },
    onHandlerError: (error) => assert.fail(String(error)),
  });
  store.replace(objects);
  return store;
}

const readable = (generation: number, extra: Partial<KubeObject['metadata']> = {}): KubeObject =>
  aPolicyObject({}, { generation, resourceVersion: String(generation), ...extra });
const unreadable = (generation: number): KubeObject =>
  aPolicyObject({ mode: 'Whatever' }, { generation, resourceVersion: String(generation) });

test('A change that is refused leaves the last good text in force', () => {
  const store = aStore();
  const book = createPolicyBook(store);
  store.put(readable(1));
  store.put(unreadable(2));
  store.put(unreadable(3));
  const entry = book.entry('ci/web');
  assert.equal(entry?.inForce?.metadata.generation, 1);
  assert.equal(entry?.faults[0]?.path, 'spec.mode');
  store.put(readable(4));
  assert.equal(book.entry('ci/web')?.inForce?.metadata.generation, 4);
});

test('A text that never could be read puts nothing into force', () => {
  const book = createPolicyBook(aStore(unreadable(1)));
  assert.equal(book.entry('ci/web')?.inForce, undefined);
  assert.deepEqual(book.inForce('ci'), []);
});

test('A policy that is too large for a pod is refused, and stands if it has no predecessor', () => {
  const to = Array.from({ length: 64 }, (_, n) => ({
    cidr: `10.${n}.0.0/16`,
    except: Array.from({ length: 8 }, (_, k) => `10.${n}.${k}.0/24`),
  }));
  const rules = Array.from({ length: 64 }, (_, n) => ({ name: `rule-${n}`, to }));
  const large = aPolicyObject({ egress: { default: 'Deny', rules } });
  const entry = createPolicyBook(aStore(large)).entry('ci/web');
  assert.match(entry?.faults[0]?.message ?? '', /bytes/);
  assert.equal(entry?.inForce?.spec.mode, 'Enforce');
});

test('A policy that is being deleted is for no new pod', () => {
  const store = aStore(readable(1, { deletionTimestamp: '2026-11-22T10:00:00Z' }));
  const book = createPolicyBook(store);
  assert.deepEqual(book.inForce('ci'), []);
  assert.equal(book.entry('ci/web')?.inForce?.metadata.name, 'web');
});

test('What is forgotten with a policy does not come back with one of its name', () => {
  const store = aStore();
  const book = createPolicyBook(store);
  const first = readable(1);
  store.put(first);
  store.remove(first);
  store.put(unreadable(1));
  assert.equal(book.entry('ci/web')?.inForce, undefined);
});

import { type AgentPolicy, checkAgentPolicy, type FieldFault } from '../../../crds/agent-policy.ts';
import { type KubeObject, keyOf } from '../../kube/objects.ts';
import type { Store } from '../../kube/store.ts';
import { findFaults } from '../../policy/find-faults.ts';
import { byNamespace } from '../../stores.ts';

/** What we make of one AgentPolicy. */
export interface PolicyEntry {
  /** As the API server has it. */
  object: KubeObject;
  /** Why the present spec is refused; empty when it is accepted. */
  faults: readonly FieldFault[];
  /** The policy in force: the present one, or the last one that was accepted; undefined when there never was one that could be read. */
  inForce: AgentPolicy | undefined;
}

/** Reads the policies of a store: which are accepted, and which text of each is in force. */
export interface PolicyBook {
  entries(namespace: string): readonly PolicyEntry[];
  entry(key: string): PolicyEntry | undefined;
  /** The policies in force that are not being deleted. */
  inForce(namespace: string): readonly AgentPolicy[];
}

/**
 * Keeps the book of a store. A change that is refused leaves the last good policy in force. Where none is known (we started after the change), the refused one
 * stands if it can be read at all: it was refused for its size, so under Enforce the webhook turns its pods away rather than let them go unheld.
 */
export function createPolicyBook(store: Store<KubeObject>): PolicyBook {
  const pages = new Map<string, readonly PolicyEntry[]>();
  const lastGood = new Map<string, AgentPolicy>();
  store.onChange(({ type, object }) => {
    pages.delete(object.metadata.namespace ?? '');
    if (type === 'deleted') lastGood.delete(keyOf(object));
    // Read at once, not when asked: a good text that is soon replaced by a refused one must be remembered. The first list is read when asked, all at once.
    else if (store.hasSynced()) entries(object.metadata.namespace ?? '');
  });

  function entries(namespace: string): readonly PolicyEntry[] {
    const page = pages.get(namespace) ?? readPage(store.byIndex(byNamespace, namespace), lastGood);
    pages.set(namespace, page);
    return page;
  }

  return {
    entries,
    entry(key) {
      const object = store.get(key);
      return entries(object?.metadata.namespace ?? '').find((entry) => entry.object === object);
    },
    inForce: (namespace) =>
      entries(namespace).flatMap(({ object, inForce }) =>
        inForce === undefined || object.metadata.deletionTimestamp !== undefined ? [] : [inForce],
      ),
  };
}

function readPage(objects: readonly KubeObject[], lastGood: Map<string, AgentPolicy>): readonly PolicyEntry[] {
  const read = objects.map((object) => ({ object, checked: checkOnce(object) }));
  const policies = read.flatMap(({ checked }) => ('policy' in checked ? [checked.policy] : []));
  return read.map(({ object, checked }): PolicyEntry => {
    const key = keyOf(object);
    if ('faults' in checked) return { object, faults: checked.faults, inForce: lastGood.get(key) };
    const others = policies.filter((other) => other !== checked.policy);
    const faults = findFaults(checked.policy, others);
    if (faults.length > 0) return { object, faults, inForce: lastGood.get(key) ?? checked.policy };
    lastGood.set(key, checked.policy);
    return { object, faults, inForce: checked.policy };
  });
}

/** Objects from a store never change; most of a page is as it was before the change that made it be read again. */
const checks = new WeakMap<KubeObject, Checked>();
type Checked = ReturnType<typeof checkAgentPolicy>;

function checkOnce(object: KubeObject): Checked {
  const checked = checks.get(object) ?? checkAgentPolicy(object);
  checks.set(object, checked);
  return checked;
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock } from '../runtime/testing/clocks.ts';
import { createAdmission, DEFAULT_LIMITS } from './admit.ts';

/** As a request does; `turnedAway` says why. */
function rig(limits = {}) {
  const admission = createAdmission(createManualClock(), { ...DEFAULT_LIMITS, ...limits });
  function come(namespace: string, pod: number, bytes: number) {
    const leave = admission.enter(bytes);
    try {
      const leavePod = admission.enterPod({ namespace, uid: `${namespace}-${pod}` }, bytes);
      return () => [leave, leavePod].forEach((each) => void each());
    } catch (refusal) {
      leave();
      throw refusal;
    }
  }
  /** How many slow requests of one namespace are held, each from a pod of its own. */
  function fill(namespace: string, bytes: number): (() => void)[] {
    const held: (() => void)[] = [];
    assert.throws(
      () => {
        for (;;) held.push(come(namespace, held.length, bytes));
      },
      { status: 429, code: 'namespace-busy' },
    );
    return held;
  }
  return { come, fill };
}

test('However many pods of one namespace send slowly, there are places and room for those of another', () => {
  for (const bytes of [10, 2 * 1024 * 1024]) {
    const { come, fill } = rig();
    const held = fill('loud', bytes);
    assert.ok(held.length >= 10);
    come('quiet', 1, bytes);
  }
});

test('However many namespaces hold all that they may, there is a place for the next one', () => {
  const { come, fill } = rig({ requests: 1000 });
  for (const namespace of ['one', 'two', 'three']) fill(namespace, 10);
  come('quiet', 1, 10);
});

test('What is done with gives a namespace its places back', () => {
  const { fill } = rig();
  const held = fill('busy', 10);
  for (const leave of held) leave();
  assert.equal(fill('busy', 10).length, held.length);
});

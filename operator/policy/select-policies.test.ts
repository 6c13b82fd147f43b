import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LabelSelector } from '../../crds/label-selector.ts';
import { buildPolicy } from '../../crds/testing/build-policy.ts';
import { matchesSelector, selectPolicies } from './select-policies.ts';

const key = fc.constantFrom('a', 'b', 'constructor', '__proto__');
const value = fc.constantFrom('', 'x', 'y');
const labels = fc.dictionary(key, value);
const values = fc.array(value, { minLength: 1, maxLength: 2 });
const expression = fc.oneof(
  fc.record({ key, operator: fc.constantFrom('In' as const, 'NotIn' as const), values }),
  fc.record({ key, operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const) }),
);
const selector: fc.Arbitrary<LabelSelector> = fc.record(
  { matchLabels: fc.dictionary(key, value, { maxKeys: 2 }), matchExpressions: fc.array(expression, { maxLength: 2 }) },
  { requiredKeys: [] },
);

test('an empty selector matches every pod', () => {
  fc.assert(fc.property(labels, (any) => matchesSelector({}, any)));
});

test('each operator is the opposite of its twin', () => {
  const twins = [
    ['In', 'NotIn'],
    ['Exists', 'DoesNotExist'],
  ] as const;
  fc.assert(
    fc.property(labels, key, values, fc.constantFrom(...twins), (pod, label, wanted, [operator, opposite]) => {
      const one = (chosen: typeof operator | typeof opposite): LabelSelector => ({
        matchExpressions: [{ key: label, operator: chosen, values: wanted }],
      });
      assert.notEqual(matchesSelector(one(operator), pod), matchesSelector(one(opposite), pod));
    }),
  );
});

test('a label is the same as an expression with one value', () => {
  fc.assert(
    fc.property(labels, key, value, (pod, label, wanted) => {
      const expressed = { matchExpressions: [{ key: label, operator: 'In' as const, values: [wanted] }] };
      assert.equal(
        matchesSelector({ matchLabels: Object.fromEntries([[label, wanted]]) }, pod),
        matchesSelector(expressed, pod),
      );
    }),
  );
});

test('one more condition never matches more', () => {
  fc.assert(
    fc.property(labels, selector, expression, (pod, any, more) => {
      const narrower = { ...any, matchExpressions: [...(any.matchExpressions ?? []), more] };
      assert.ok(!matchesSelector(narrower, pod) || matchesSelector(any, pod));
    }),
  );
});

test('a pod without labels is matched by what asks for none', () => {
  const missing = buildPolicy('missing', {
    selector: { matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['web'] }] },
  });
  const present = buildPolicy('present', { selector: { matchLabels: { team: '' } } });
  assert.deepEqual(selectPolicies({}, [missing, present]), [missing]);
});

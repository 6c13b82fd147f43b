import * as z from 'zod';
import { atomicList, described, textLike, withRules } from './field-rule.ts';

const labelName = '[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?';
const domainLabel = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?';
/** Kubernetes' qualified name: an optional DNS name and `/`, then at most 63 characters. */
const labelKeyPattern = `^(${domainLabel}([.]${domainLabel})*/)?${labelName}$`;
const labelKeyMatcher = new RegExp(labelKeyPattern);
const labelKey = textLike(labelKeyMatcher, {
  max: 317,
  message: 'write a label name such as "team" or "actions.github.com/scale-set-name"',
});
const labelValuePattern = `^(${labelName})?$`;
const labelValueMatcher = new RegExp(labelValuePattern);
const labelValueForm = 'such as "linux-x64": letters, digits, "-", "_" and ".", a letter or digit first and last';
const labelValue = textLike(labelValueMatcher, { max: 63, message: `write a label value ${labelValueForm}` });

// The API server names a broken rule of a value of a map by the map alone.
const matchLabels = withRules(z.record(z.string(), z.string().max(63)).meta({ maxProperties: 32 }), [
  {
    cel: `self.all(key, size(key) <= 317 && key.matches('${labelKeyPattern}'))`,
    message: 'every key is a label name such as "team" or "actions.github.com/scale-set-name"',
    holds: (labels) => Object.keys(labels).every((key) => key.length <= 317 && labelKeyMatcher.test(key)),
  },
  {
    cel: `self.all(key, self[key].matches('${labelValuePattern}'))`,
    message: `every value is a label value ${labelValueForm}`,
    holds: (labels) => Object.values(labels).every((value) => labelValueMatcher.test(value)),
  },
  {
    cel: 'size(self) <= 32',
    message: 'at most 32 labels: use fewer, or matchExpressions',
    holds: (labels) => Object.keys(labels).length <= 32,
  },
]);

const matchExpression = withRules(
  z.strictObject({
    key: described(labelKey, 'The label that the expression is about.'),
    operator: described(
      z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
      'How the label relates to `values`. `NotIn` and `DoesNotExist` also match a pod without the label.',
    ),
    values: described(
      atomicList(z.array(labelValue).max(64)),
      'The values for `In` and `NotIn`; left out for `Exists` and `DoesNotExist`.',
    ).optional(),
  }),
  [
    {
      cel: "self.operator in ['In', 'NotIn'] ? has(self.values) && size(self.values) > 0 : !has(self.values) || size(self.values) == 0",
      message: 'In and NotIn need values, such as values: [a]; Exists and DoesNotExist take none: remove values',
      holds: ({ operator, values = [] }) =>
        operator === 'In' || operator === 'NotIn' ? values.length > 0 : values.length === 0,
    },
  ],
);

/** `metav1.LabelSelector`; empty, it matches every pod of the namespace. */
export const labelSelector = z
  .strictObject({
    matchLabels: described(matchLabels, 'Labels that the pod has with these values, all of them.').optional(),
    matchExpressions: described(
      atomicList(z.array(described(matchExpression, 'One condition on one label.')).max(32)),
      'Conditions that all hold for the pod, besides `matchLabels`.',
    ).optional(),
  })
  .meta({ 'x-kubernetes-map-type': 'atomic' });

export type LabelSelector = z.output<typeof labelSelector>;

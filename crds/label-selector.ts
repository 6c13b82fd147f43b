import * as z from 'zod';
import { atomicList, described, withRules } from './field-rule.ts';

const labelName = '[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?';
const domainLabel = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?';
/** Kubernetes' qualified name: an optional DNS name and `/`, then at most 63 characters. */
const labelKeyPattern = `^(${domainLabel}([.]${domainLabel})*/)?${labelName}$`;
const labelKeyPatternMatcher = new RegExp(labelKeyPattern);
const labelKey = z.string().min(1).max(317).regex(labelKeyPatternMatcher);
const labelValue = z
  .string()
  .max(63)
  .regex(new RegExp(`^(${labelName})?$`));

const matchLabels = withRules(z.record(z.string(), labelValue).meta({ maxProperties: 32 }), [
  {
    cel: `self.all(key, size(key) <= 317 && key.matches('${labelKeyPattern}'))`,
    message: 'every key is a label name such as "team" or "actions.github.com/scale-set-name"',
    holds: (labels) => Object.keys(labels).every((key) => key.length <= 317 && labelKeyPatternMatcher.test(key)),
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

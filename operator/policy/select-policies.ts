import type { AgentPolicy } from '../../crds/agent-policy.ts';
import type { LabelSelector } from '../../crds/label-selector.ts';

export type Labels = Readonly<Record<string, string>>;

/** Those of the namespace's policies whose selector matches the pod's labels, in the order given. */
export function selectPolicies(pod: { labels?: Labels | undefined }, policies: readonly AgentPolicy[]): AgentPolicy[] {
  return policies.filter(({ spec }) => matchesSelector(spec.selector, pod.labels ?? {}));
}

/** `metav1.LabelSelector` semantics: all conditions hold; `NotIn` and `DoesNotExist` also match where the label is missing. */
export function matchesSelector(selector: LabelSelector, labels: Labels): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return (
    Object.entries(matchLabels).every(([key, value]) => labelOf(labels, key) === value) &&
    matchExpressions.every((expression) => matchesExpression(expression, labels))
  );
}

type MatchExpression = NonNullable<LabelSelector['matchExpressions']>[number];

function matchesExpression({ key, operator, values = [] }: MatchExpression, labels: Labels): boolean {
  const value = labelOf(labels, key);
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}

/** A label may be called `constructor`: only own properties count. */
function labelOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

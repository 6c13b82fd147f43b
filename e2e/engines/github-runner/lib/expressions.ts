import type { MapToken, Token } from './job-order.ts';

export type Contexts = Record<string, Map<string, string>>;

/** The value of a token. Of the expression language only `context.name` and `format('…{0}…', context.name, …)` are known; anything else throws. */
export function evaluate(token: Token, contexts: Contexts): string {
  return token.type === 0 ? token.lit : evaluateExpression(token.expr, contexts);
}

export function evaluateMap(token: MapToken | null, contexts: Contexts): Map<string, string> {
  return new Map((token?.map ?? []).map(({ Key, Value }) => [Key.lit, evaluate(Value, contexts)]));
}

/** `success()`, `failure()`, `always()` and `false`, the conditions that the stand-in's workflows use. */
export function conditionHolds(condition: string, failed: boolean): boolean {
  switch (condition) {
    case 'success()':
      return !failed;
    case 'failure()':
      return failed;
    case 'always()':
      return true;
    case 'false':
      return false;
    default:
      throw new Error(`the runner stand-in does not know the condition '${condition}'`);
  }
}

function evaluateExpression(expression: string, contexts: Contexts): string {
  const call = /^format\('((?:[^']|'')*)'((?:, [\w.]+)*)\)$/.exec(expression);
  if (call === null) return lookUp(expression, contexts);
  const values = (call[2] ?? '')
    .split(', ')
    .slice(1)
    .map((name) => lookUp(name, contexts));
  return (call[1] ?? '').replaceAll("''", "'").replace(/\{(\d+)\}/g, (_, index) => values[Number(index)] ?? '');
}

function lookUp(path: string, contexts: Contexts): string {
  const [context, name, ...rest] = path.split('.');
  const values = contexts[context ?? ''];
  if (values === undefined || name === undefined || rest.length > 0) {
    throw new Error(`the runner stand-in cannot evaluate '${path}'`);
  }
  return values.get(name) ?? '';
}

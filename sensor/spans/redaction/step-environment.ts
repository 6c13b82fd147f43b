import { baseName } from '../text.ts';
import type { Range } from './ranges.ts';

const assignment = /^([A-Za-z_]\w{0,127})=/;
const plain = /^(?:GITHUB|RUNNER)_(?!.*TOKEN)/;

/**
 * The values of an environment that is handed over as arguments of `env`, as runner-container-hooks does for every step: a step's secrets
 * are among them under any name. Of other calls of `env` none.
 */
export function handedOverValues(argv: readonly string[]): ReadonlyMap<number, Range> {
  const values = new Map<number, Range>();
  if (baseName(argv[0] ?? '') !== 'env' || !argv.some((argument) => /^GITHUB_\w{1,64}=/.test(argument))) return values;
  for (const [index, argument] of argv.entries()) {
    const [head, name] = assignment.exec(argument) ?? [];
    if (head !== undefined && name !== undefined && !plain.test(name) && argument.length > head.length)
      values.set(index, [head.length, argument.length]);
  }
  return values;
}

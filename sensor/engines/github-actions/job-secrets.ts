import type { SecretHints } from '../../spans/redaction/masks.ts';
import { fields, list, maxSteps, string } from './message-values.ts';

type Fields = Record<string, unknown>;

/**
 * What the job message says of secrets: its masks, the variables that it marks, and the variables of the job and its steps that an
 * expression fills from `secrets`. The runner writes values that it masks as `***`, so names are most of what can be known.
 */
export function readSecretHints(message: Fields): SecretHints {
  const environments = [
    ...(list(message.environmentvariables) ?? []),
    ...(list(message.steps) ?? []).map((step) => fields(step).environment),
  ];
  const names = [
    ...markedVariables(fields(message.variables)),
    ...environments.slice(0, maxSteps).flatMap(filledVariables),
  ];
  return {
    names: [...new Set(names)].filter((name) => plainName.test(name)).slice(0, maxNames),
    masks: (list(message.mask) ?? [])
      .slice(0, maxSteps)
      .map((entry) => string(fields(entry).value))
      .filter((mask) => mask !== ''),
  };
}

const plainName = /^[A-Za-z_][\w.-]{1,127}$/;
const maxNames = 512;

function markedVariables(variables: Fields): string[] {
  return Object.entries(variables)
    .slice(0, maxSteps)
    .filter(([, variable]) => fields(variable).issecret === true)
    .map(([name]) => name);
}

/** The keys of a mapping token, or of a plain object, whose values are expressions over secrets. */
function filledVariables(token: unknown): string[] {
  const object = fields(token);
  const pairs = list(object.map)?.map((pair) => [fields(pair).key, fields(pair).value]) ?? Object.entries(object);
  return pairs
    .slice(0, maxSteps)
    .filter(([, value]) => /\bsecrets\b|\bgithub\.token\b/.test(string(fields(value).expr)))
    .map(([key]) => (typeof key === 'string' ? key : string(fields(key).lit)));
}

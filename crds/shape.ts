import { ChaperoneError } from './errors.ts';

/**
 * Takes a value whose form nobody has checked, and gives it as a `T`, or throws `misfit` naming the first place where it is something else.
 * For what the sensor reads: zod's schemas took 4 MB of every pod's memory (measured), and these are functions.
 */
export type Shape<T> = (value: unknown, path?: string) => T;

export type Shaped<S> = S extends Shape<infer T> ? T : never;

/** Of a member that may be left out. */
export interface OptionalShape<T> extends Shape<T> {
  readonly isOptional: true;
}

type OptionalKeys<Fields> = {
  [Key in keyof Fields]: Fields[Key] extends OptionalShape<unknown> ? Key : never;
}[keyof Fields];

type Members<Fields> = { [Key in Exclude<keyof Fields, OptionalKeys<Fields>>]: Shaped<Fields[Key]> } & {
  [Key in OptionalKeys<Fields>]?: Shaped<Fields[Key]>;
};

interface Length {
  readonly min?: number;
  readonly max?: number;
}

/** Of so many UTF-16 units. */
export function text({ min = 0, max = Infinity }: Length = {}): Shape<string> {
  return (value, path = '') =>
    typeof value === 'string' && value.length >= min && value.length <= max
      ? value
      : misfit(path, max === Infinity ? 'text' : `text of ${min} to ${max} characters`);
}

/** Only those for which `holds`; `what` says in words what that is. */
export function where<T>(shape: Shape<T>, what: string, holds: (value: T) => boolean): Shape<T> {
  return (value, path = '') => {
    const shaped = shape(value, path);
    return holds(shaped) ? shaped : misfit(path, what);
  };
}

export function wholeNumber(min = 0, max: number = Number.MAX_SAFE_INTEGER): Shape<number> {
  return (value, path = '') =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
      ? value
      : misfit(path, `a whole number from ${min} to ${max}`);
}

export const yesOrNo: Shape<boolean> = (value, path = '') =>
  typeof value === 'boolean' ? value : misfit(path, 'true or false');

export function oneOf<const Value extends string | number>(...values: readonly Value[]): Shape<Value> {
  return (value, path = '') => values.find((each) => each === value) ?? misfit(path, values.join(' or '));
}

export function list<Item>(item: Shape<Item>, min = 0): Shape<Item[]> {
  return (value, path = '') =>
    Array.isArray(value) && value.length >= min
      ? value.map((each, index) => item(each, `${path}[${index}]`))
      : misfit(path, min === 0 ? 'a list' : `a list of at least ${min}`);
}

export function optional<T>(shape: Shape<T>): OptionalShape<T> {
  return Object.assign((value: unknown, path?: string) => shape(value, path), { isOptional: true as const });
}

/** Members that are not named are left out. */
export function looseObject<Fields extends Record<string, Shape<unknown>>>(fields: Fields): Shape<Members<Fields>> {
  const members = Object.entries(fields);
  return (value, path = '') => {
    const given = asObject(value, path);
    const taken = members
      .filter(([name, shape]) => Object.hasOwn(given, name) || !('isOptional' in shape))
      .map(([name, shape]) => [name, shape(given[name], path === '' ? name : `${path}.${name}`)]);
    return Object.fromEntries(taken) as Members<Fields>;
  };
}

/** A member that is not named is a misfit. */
export function object<Fields extends Record<string, Shape<unknown>>>(fields: Fields): Shape<Members<Fields>> {
  const known = looseObject(fields);
  return (value, path = '') => {
    const unknown = Object.keys(asObject(value, path)).find((name) => !Object.hasOwn(fields, name));
    return unknown === undefined ? known(value, path) : misfit(path, `no member ${unknown}`);
  };
}

function asObject(value: unknown, path: string): Record<string, unknown> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Record<string, unknown>) : misfit(path, 'an object');
}

function misfit(path: string, expected: string): never {
  throw new ChaperoneError('misfit', `${path === '' ? 'it' : path} is not as it should be: write ${expected}`);
}

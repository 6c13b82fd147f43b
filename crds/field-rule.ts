import * as z from 'zod';

/**
 * A rule over several fields, written once for both judges: as CEL for the API server and as a predicate for zod.
 * Its message says what to write instead.
 */
export interface FieldRule<T> {
  /** CEL over `self`. */
  cel: string;
  message: string;
  /** The same in TypeScript. It may be handed a value whose own fields were already found wrong, and must not throw. */
  holds(value: T): boolean;
}

/** Gives the field its description, for `kubectl explain` and the docs. */
export function described<S extends z.ZodType>(schema: S, description: string): S {
  return schema.meta({ ...schema.meta(), description });
}

/** Adds the rules to the schema: zod checks them, and the generator writes them as `x-kubernetes-validations`. */
export function withRules<S extends z.ZodType>(schema: S, rules: FieldRule<z.output<S>>[]): S {
  const checked = rules.reduce((all, { holds, message }) => all.refine((value) => holds(value), { message }), schema);
  const validations = rules.map(({ cel, message }) => ({ rule: cel, message }));
  return checked.meta({ ...schema.meta(), 'x-kubernetes-validations': validations });
}

/**
 * A text of at most `max` characters that the whole pattern describes. Not zod's `regex`, which becomes the schema's `pattern`: of that the API server says
 * nothing but the pattern itself. The pattern must mean the same to JavaScript and to RE2, and hold no quote.
 */
export function textLike(pattern: RegExp, { max, message }: { max: number; message: string }): z.ZodString {
  // JavaScript writes the slash with an escape that RE2 has no need of.
  const cel = `self.matches(r'${pattern.source.replaceAll('\\/', '/')}')`;
  return withRules(z.string().max(max), [{ cel, message, holds: (text) => pattern.test(text) }]);
}

/** The name of a rule, an agent, a sink, a namespace or a Service: a DNS label (RFC 1123). */
export const dnsLabel = textLike(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, {
  max: 63,
  message: 'write a name such as web-ci: lower-case letters, digits and "-", a letter or digit first and last',
});

/** A list that the API server merges by the member `key`, and in which each value of it stands once. */
export function listMap<S extends z.ZodArray<z.ZodType<Record<K, string>>>, K extends string>(schema: S, key: K): S {
  const unique = schema.superRefine((items, context) =>
    reportRepeated(
      items.map((item) => item[key]),
      `give every entry its own ${key}`,
      context,
    ),
  );
  return unique.meta({ ...schema.meta(), 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [key] });
}

/** A list of strings that the API server merges as a set, in which each stands once. */
export function setList<S extends z.ZodArray<z.ZodString>>(schema: S): S {
  const unique = schema.superRefine((items, context) => reportRepeated(items, 'remove the second', context));
  return unique.meta({ ...schema.meta(), 'x-kubernetes-list-type': 'set' });
}

/** A list that the API server replaces as a whole. */
export function atomicList<S extends z.ZodArray>(schema: S): S {
  return schema.meta({ ...schema.meta(), 'x-kubernetes-list-type': 'atomic' });
}

function reportRepeated(values: readonly string[], instead: string, context: z.core.$RefinementCtx): void {
  values.forEach((value, index) => {
    if (values.indexOf(value) === index) return;
    context.addIssue({ code: 'custom', path: [index], message: `"${value}" stands in this list already: ${instead}` });
  });
}

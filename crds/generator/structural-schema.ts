import * as z from 'zod';
import type { JsonObject } from '../canonical-json.ts';
import { ChaperoneError } from '../errors.ts';

/** A node of a structural schema: what `apiextensions.k8s.io/v1` takes, and no more. */
export interface StructuralSchema {
  description?: string;
  type: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  format?: string;
  enum?: string[];
  default?: unknown;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  maxProperties?: number;
  properties?: Record<string, StructuralSchema>;
  required?: string[];
  items?: StructuralSchema;
  additionalProperties?: StructuralSchema;
  'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: 'atomic';
  'x-kubernetes-validations'?: { rule: string; message: string }[];
}

/**
 * A zod schema as a structural schema; throws `schema-not-structural` with the path of a part that the API server would refuse or that would lose its meaning:
 * unions, tuples, `any`, numbers without a format, lists and texts without an upper bound.
 */
export function structuralSchemaOf(schema: z.ZodType, path: string): StructuralSchema {
  return normalise(z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' }) as JsonObject, path);
}

/** What each keyword becomes; a keyword that is not here has no place in a structural schema. */
const keywords: Record<string, (value: unknown, path: string) => Partial<StructuralSchema>> = {
  description: (value) => ({ description: String(value) }),
  type: () => ({}),
  format: (value) => ({ format: String(value) }),
  enum: (value) => ({ enum: value as string[] }),
  default: (value) => ({ default: value }),
  minLength: (value) => ({ minLength: Number(value) }),
  maxLength: (value) => ({ maxLength: Number(value) }),
  minimum: (value) => ({ minimum: Number(value) }),
  // The largest integer that a JSON reader keeps exact is zod's own bound, not the field's.
  maximum: (value) => (value === Number.MAX_SAFE_INTEGER ? {} : { maximum: Number(value) }),
  minItems: (value) => ({ minItems: Number(value) }),
  maxItems: (value) => ({ maxItems: Number(value) }),
  maxProperties: (value) => ({ maxProperties: Number(value) }),
  properties: (value, path) => ({
    properties: mapValues(value as JsonObject, (child, name) => field(child as JsonObject, `${path}.${name}`)),
  }),
  required: (value) => ({ required: value as string[] }),
  items: (value, path) => ({ items: normalise(value as JsonObject, `${path}[]`) }),
  // `false` is zod's word for refusing unknown fields; here they are pruned, or refused on request (fieldValidation=Strict).
  additionalProperties: (value, path) =>
    value === false ? {} : { additionalProperties: normalise(value as JsonObject, `${path}.*`) },
  'x-kubernetes-list-type': (value) => ({ 'x-kubernetes-list-type': value as 'atomic' | 'set' | 'map' }),
  'x-kubernetes-list-map-keys': (value) => ({ 'x-kubernetes-list-map-keys': value as string[] }),
  'x-kubernetes-map-type': () => ({ 'x-kubernetes-map-type': 'atomic' }),
  'x-kubernetes-validations': (value) => ({ 'x-kubernetes-validations': value as { rule: string; message: string }[] }),
};

function field(node: JsonObject, path: string): StructuralSchema {
  const schema = normalise(node, path);
  if (schema.description === undefined) throw notStructural(path, 'a field needs a description');
  return schema;
}

function normalise(node: JsonObject, path: string): StructuralSchema {
  const type = typeOf(node, path);
  const parts = Object.entries(node).map(([keyword, value]) => {
    const rewrite = Object.hasOwn(keywords, keyword) ? keywords[keyword] : undefined;
    if (rewrite === undefined) throw notStructural(path, `"${keyword}" has no place in a structural schema`);
    return rewrite(value, path);
  });
  const schema: StructuralSchema = Object.assign({ type }, ...parts);
  refuseUnbounded(schema, path);
  return schema;
}

const types = ['object', 'array', 'string', 'integer', 'boolean'] as const;

function typeOf(node: JsonObject, path: string): StructuralSchema['type'] {
  const type = types.find((known) => known === node.type);
  if (type === undefined)
    throw notStructural(path, `the type ${JSON.stringify(node.type)} is not one of ${types.join(', ')}`);
  return type;
}

/** Without bounds a CEL rule over the field is estimated at the largest size that a request can have, and refused. */
function refuseUnbounded(schema: StructuralSchema, path: string): void {
  const { type, maxItems, maxLength, enum: values, format, additionalProperties, maxProperties } = schema;
  if (type === 'array' && maxItems === undefined) throw notStructural(path, 'a list needs an upper bound (maxItems)');
  if (type === 'string' && maxLength === undefined && values === undefined)
    throw notStructural(path, 'a text needs an upper bound (maxLength)');
  if (type === 'integer' && format === undefined)
    throw notStructural(path, 'an integer needs a format (int32 or int64)');
  if (additionalProperties !== undefined && maxProperties === undefined)
    throw notStructural(path, 'a map needs an upper bound (maxProperties)');
}

function mapValues<T>(source: JsonObject, change: (value: unknown, name: string) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(source).map(([name, value]) => [name, change(value, name)]));
}

function notStructural(path: string, what: string): ChaperoneError {
  return new ChaperoneError('schema-not-structural', `${path}: ${what}; write the field another way`);
}

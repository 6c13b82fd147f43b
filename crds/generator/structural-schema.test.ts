import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { described } from '../field-rule.ts';
import { structuralSchemaOf } from './structural-schema.ts';

const refused: [string, z.ZodType][] = [
  ['a union', z.union([z.string().max(1), z.int()])],
  ['a value of any kind', z.any()],
  ['a number that may be fractional', z.number()],
  ['an integer without a format', z.int()],
  ['a text without a bound', z.string()],
  ['a list without a bound', z.array(z.string().max(1))],
  ['a map without a bound', z.record(z.string(), z.string().max(1))],
  ['a tuple', z.tuple([z.string().max(1)])],
  ['a nullable text', z.string().max(1).nullable()],
  ['a text with a pattern and no sentence', z.string().max(1).regex(/a/)],
];

for (const [name, schema] of refused) {
  test(`${name} is refused with its path`, () => {
    const around = z.strictObject({ field: described(schema, 'A field.') });
    assert.throws(() => structuralSchemaOf(around, 'spec'), { code: 'schema-not-structural', message: /^spec\.field/ });
  });
}

test('a field without a description is refused', () => {
  assert.throws(() => structuralSchemaOf(z.strictObject({ a: z.boolean() }), 'spec'), {
    message: /^spec\.a: a field needs a description/,
  });
});

test('an optional field with a default is neither required nor without its default', () => {
  const schema = structuralSchemaOf(
    z.strictObject({ a: described(z.enum(['A', 'B']), 'A letter.').default('A') }),
    'spec',
  );
  assert.deepEqual(schema, {
    type: 'object',
    properties: { a: { type: 'string', enum: ['A', 'B'], default: 'A', description: 'A letter.' } },
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { list, looseObject, object, oneOf, optional, type Shape, text, where, wholeNumber, yesOrNo } from './shape.ts';

const rule = object({
  name: text({ min: 1, max: 3 }),
  mode: oneOf('Audit', 'Enforce'),
  port: optional(wholeNumber(1, 9)),
});

test('a value of the right form is given as it is', () => {
  const rules = [
    { name: 'web', mode: 'Audit', port: 9 },
    { name: 'a', mode: 'Enforce' },
  ];
  assert.deepEqual(list(rule)(rules), rules);
  assert.equal(yesOrNo(false), false);
});

test('what is wrong is named by its path', () => {
  misfits(
    object({ rules: list(rule) }),
    { rules: [{ name: 'web', mode: 'Deny' }] },
    /^rules\[0\]\.mode .* Audit or Enforce$/,
  );
  misfits(rule, { mode: 'Audit' }, /^name .* text of 1 to 3 characters$/);
  misfits(rule, [], /^it .* an object$/);
  misfits(list(rule, 1), [], /a list of at least 1$/);
  for (const port of [0, 10, 1.5, '1', null, undefined, Number.NaN])
    misfits(rule, { name: 'a', mode: 'Audit', port }, /^port /);
});

test('a member that is not known is refused by one kind of object and left out by the other', () => {
  misfits(object({}), { more: 1 }, /no member more$/);
  misfits(object({}), JSON.parse('{"__proto__":{}}'), /no member __proto__$/);
  assert.deepEqual(looseObject({ a: yesOrNo })({ a: true, b: 1 }), { a: true });
});

test('what an object inherits is none of its members', () => {
  misfits(object({ toString: text() }), {}, /^toString /);
});

test('a condition is said in its own words', () => {
  misfits(
    where(wholeNumber(), 'an even number', (number) => number % 2 === 0),
    3,
    /an even number$/,
  );
});

function misfits(shape: Shape<unknown>, value: unknown, message: RegExp): void {
  assert.throws(() => shape(value), { code: 'misfit', message });
}

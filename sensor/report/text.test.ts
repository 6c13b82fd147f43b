import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cut, fit, visible, widthOf } from './text.ts';

const hostile = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.string());

test('escape sequences, line breaks and direction overrides are shown, not obeyed', () => {
  assert.equal(visible('a\x1b[31mb\nc\u202ed\x9be\u200bf'), 'a\\x1b[31mb\\nc\\u{202e}d\\x9be\\u{200b}f');
});

test('nothing that is made visible can move the cursor', () => {
  fc.assert(fc.property(hostile, (text) => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(visible(text))));
});

test('a fitted text always takes exactly the width', () => {
  fc.assert(
    fc.property(hostile, fc.integer({ min: 0, max: 60 }), (text, width) => {
      assert.equal(widthOf(fit(visible(text), width)), width);
    }),
  );
});

test('wide characters count two columns and are never cut in half', () => {
  assert.equal(widthOf('構建'), 4);
  assert.equal(cut('構建ビルド', 6), '構建…');
  assert.equal(fit('構建', 6), '構建  ');
  assert.equal(widthOf('🚀 go'), 5);
});

test('right-to-left text ends with a mark that keeps the columns after it in order', () => {
  assert.equal(fit('בדיקה', 8), 'בדיקה\u200e   ');
});

test('marks piled on a character do not climb over other lines', () => {
  assert.equal(visible('a\u0301\u0301\u0301\u0301\u0301'), 'a\u0301\u0301');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fastCheck from 'fast-check';
import { baseName, printable } from './text.ts';

test('control, format and broken characters are escaped so that they can be seen', () => {
  assert.equal(printable('a\x1b[31mb\nc\u202ed\ud800'), 'a\\x1b[31mb\\nc\\u{202e}d\\u{d800}');
  assert.equal(printable('Grüße 🚀 名前'), 'Grüße 🚀 名前');
});

test('the result is bounded, well formed and without control characters', () => {
  fastCheck.assert(
    fastCheck.property(fastCheck.string({ unit: 'binary' }), fastCheck.integer({ min: 1, max: 50 }), (text, max) => {
      const shown = printable(text, max);
      assert.ok(shown.length <= max && shown.isWellFormed());
      assert.doesNotMatch(shown, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }),
  );
});

test('a base name is the last part of a path', () => {
  assert.deepEqual(['/usr/bin/sh', 'sh', '/', '', 'a/'].map(baseName), ['sh', 'sh', '/', '', 'a/']);
});

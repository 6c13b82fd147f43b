import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { judge, parseRetryAfter } from './outcome.ts';

const now = new Date('2026-11-22T12:00:00Z');

test('Retry-After is read as seconds and as a date, and never asks for more than five minutes', () => {
  assert.equal(parseRetryAfter('7', now), 7_000);
  assert.equal(parseRetryAfter('Sun, 22 Nov 2026 12:00:30 GMT', now), 30_000);
  assert.equal(parseRetryAfter('Sun, 22 Nov 2026 11:00:00 GMT', now), 0);
  assert.equal(parseRetryAfter('99999999', now), 300_000);
  for (const nonsense of [null, '', '-1', 'soon', '1.5', '0x10']) assert.equal(parseRetryAfter(nonsense, now), null);
});

test('every answer of a server is judged without throwing', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999 }), fc.option(fc.string()), fc.string(), (status, retryAfter, body) => {
      const outcome = judge({ status, retryAfter, body }, 'failed', now);
      assert.ok(['sent', 'too-large', 'refused', 'retry'].includes(outcome.kind));
    }),
  );
});

test('a server that gave no answer is tried again', () => {
  assert.deepEqual(judge(null, 'connection refused', now), {
    kind: 'retry',
    message: 'connection refused',
    retryAfterMs: null,
    doubtful: false,
  });
});

test('a success is one in the words of OTLP only', () => {
  const judged = (body: string) => judge({ status: 200, retryAfter: null, body }, '', now).kind;
  for (const body of ['', '{}', ' {} ', '{"partialSuccess":{}}', '{"partialSuccess":null}', '{"more":1}'])
    assert.equal(judged(body), 'sent', body);
  for (const body of ['<html></html>', 'OK', 'null', '[]', '7', '{"partialSuccess":7}', '{"partial'])
    assert.equal(judged(body), 'retry', body);
});

import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import type { CloseEvent } from '../decode/socket-events.ts';
import { FakeKernel } from '../lineage/testing/fake-kernel.ts';
import { endOf } from './connection-end.ts';

const { ECONNREFUSED, ECONNRESET, EHOSTUNREACH, ENETUNREACH, EPIPE, EPROTO, ETIMEDOUT } = constants.errno;

function judge(close: Partial<CloseEvent>): [string, string | null] {
  const kernel = new FakeKernel();
  const process = kernel.process();
  const { outcome, errorType } = endOf(kernel.close(process, kernel.connect(process, '192.0.2.1', 1), close));
  return [outcome, errorType];
}

test('a handshake that does not come about fails by its reason', () => {
  const attempt = (errno: number) => judge({ state: 'opening', errno, received: 0 });
  assert.deepEqual(attempt(ECONNREFUSED), ['refused', 'ECONNREFUSED']);
  assert.deepEqual(attempt(ETIMEDOUT), ['timed_out', 'ETIMEDOUT']);
  assert.deepEqual(attempt(EHOSTUNREACH), ['unreachable', 'EHOSTUNREACH']);
  assert.deepEqual(attempt(ENETUNREACH), ['unreachable', 'ENETUNREACH']);
  assert.deepEqual(attempt(EPROTO), ['failed', 'EPROTO']);
  assert.deepEqual(attempt(0), ['failed', 'abandoned']);
  assert.deepEqual(judge({ state: 'unsent' }), ['failed', 'unsent']);
});

test('a connection in use is reset by the other side only', () => {
  assert.deepEqual(judge({ state: 'established', errno: ECONNRESET }), ['reset', 'ECONNRESET']);
  assert.deepEqual(judge({ state: 'established', errno: EPIPE }), ['reset', 'EPIPE']);
  assert.deepEqual(judge({ state: 'established', errno: 0 }), ['established', null]);
});

test('what happens after the job was done with a connection is no failure', () => {
  for (const errno of [0, ECONNRESET, ETIMEDOUT]) assert.deepEqual(judge({ errno }), ['established', null]);
});

test('of datagrams an answer, an error or nothing is known', () => {
  assert.deepEqual(judge({ state: 'none', received: 9, errno: ECONNREFUSED }), ['established', null]);
  assert.deepEqual(judge({ state: 'none', received: 0, errno: ECONNREFUSED }), ['refused', 'ECONNREFUSED']);
  assert.deepEqual(judge({ state: 'none', received: 0 }), ['unknown', null]);
});

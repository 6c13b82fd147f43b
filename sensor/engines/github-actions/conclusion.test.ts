import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concludeStep } from './conclusion.ts';

const conclude = (exit: 'success' | 'failure' | null, logged: 'success' | 'failure' | 'cancellation' | 'skip' | null) =>
  concludeStep({ exit, logged, continueOnError: false });

test('what only the runner knows makes a result worse', () => {
  assert.deepEqual(conclude('success', 'failure'), { result: 'failure', source: 'log' });
  assert.deepEqual(conclude('success', 'cancellation'), { result: 'cancellation', source: 'log' });
  assert.deepEqual(conclude(null, 'failure'), { result: 'failure', source: 'log' });
});

test('no log line makes a result better', () => {
  for (const logged of ['success', 'cancellation', 'skip', null] as const)
    assert.deepEqual(conclude('failure', logged), { result: 'failure', source: 'exit' });
  assert.deepEqual(conclude(null, 'success'), { result: null, source: 'exit' });
  assert.deepEqual(conclude('success', 'skip'), { result: 'success', source: 'exit' });
});

test('the sealed message forgives a failure, and nothing that the log makes worse', () => {
  const forgiven = { continueOnError: true, logged: null } as const;
  assert.deepEqual(concludeStep({ ...forgiven, exit: 'failure' }), { result: 'success', source: 'message' });
  assert.deepEqual(concludeStep({ ...forgiven, exit: null }), { result: null, source: 'exit' });
  assert.equal(concludeStep({ exit: 'success', logged: 'failure', continueOnError: true }).result, 'failure');
});

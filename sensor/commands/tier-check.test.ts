import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tierCheck } from './tier-check.ts';

test('a kernel of the least tier is told what is not seen, what is seen in part, and what to change', () => {
  const { ok, found, change } = tierCheck('tracepoint') ?? {};
  assert.match(found ?? '', /^tracepoint; not seen: pidfd_getfd\(2\); seen in part: ptrace seize, process_vm_readv/);
  assert.match(change ?? '', /fentry/);
  assert.equal(ok, true);
});

test('with trampolines nothing is missing, and there is still something to gain', () => {
  const { found, change } = tierCheck('trampoline') ?? {};
  assert.equal(found, 'trampoline');
  assert.match(change ?? '', /add bpf to lsm=/);
});

test('with the BPF LSM there is nothing to change, and of an unknown tier nothing is said', () => {
  assert.deepEqual(tierCheck('lsm'), { name: 'tier', ok: true, found: 'lsm', change: '' });
  assert.equal(tierCheck('blind'), null);
});

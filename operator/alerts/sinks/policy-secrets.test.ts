import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeClient } from '../../kube/client.ts';
import { KubeError } from '../../kube/errors.ts';
import { createManualClock } from '../../runtime/testing/clocks.ts';
import { createPolicyTargetReader } from './policy-secrets.ts';

const sink = { name: 'sec', webhook: { secretRef: { name: 'sec-hook', key: 'url' } } };
const url = Buffer.from('https://hooks.example.com/').toString('base64');

/** A cluster in which the gateway may read the Secret once `mayRead` is set. */
function rig() {
  const state = { mayRead: false, reads: 0 };
  const clock = createManualClock();
  const get = async () => {
    state.reads += 1;
    if (!state.mayRead) throw new KubeError('kube-status', 'forbidden', { status: 403 });
    return { data: { url } };
  };
  const read = createPolicyTargetReader({ get } as unknown as KubeClient, clock, { allowHttp: false });
  return { state, clock, read: () => read('ci', sink, false) };
}

test('A Secret that the gateway may not read is told with the Role that lets it', async () => {
  await assert.rejects(rig().read(), {
    message:
      /may not read the Secret sec-hook; let it: kubectl create role .*--resource-name=sec-hook, and a RoleBinding/,
  });
});

test('An alert that comes five seconds after the Role finds it, though the policy was looked at before', async () => {
  const { state, clock, read } = rig();
  await assert.rejects(read());
  state.mayRead = true;
  await assert.rejects(read(), 'the API server is not asked for each alert');
  await clock.advance(5_000);
  assert.equal((await read()).url.href, 'https://hooks.example.com/');
  await clock.advance(29_000);
  await read();
  assert.equal(state.reads, 2);
});

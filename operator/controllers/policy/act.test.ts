import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeClient } from '../../kube/client.ts';
import type { KubeObject } from '../../kube/objects.ts';
import { aPolicyObject } from '../testing/builders.ts';
import { actOnPolicy } from './act.ts';
import type { PolicyDecision, PolicyWorld } from './decide.ts';

const status = { observedGeneration: 1, runners: { matched: 0, current: 0, stale: 0 } };

/** How often the status is written for a policy whose status is this one. */
async function writesFor(stands: object): Promise<number> {
  let writes = 0;
  const client = {
    async applyStatus() {
      writes += 1;
    },
  } as unknown as KubeClient;
  const object = { ...aPolicyObject(), status: stands } as KubeObject;
  const decision: PolicyDecision = { finalizer: false, network: { do: 'keep' }, status, notices: [] };
  const recorder = { record: async () => {} };
  await actOnPolicy({ client, recorder }, { entry: { object } } as unknown as PolicyWorld, decision);
  return writes;
}

test('A status is written where it says something else', async () => {
  assert.equal(await writesFor({ ...status, observedGeneration: 0 }), 1);
});

test('A status is not written anew because the gateway counts findings in it', async () => {
  const findings = { critical: 1, high: 0, medium: 0, low: 0, info: 0, last: '2026-11-23T00:00:00Z' };
  assert.equal(await writesFor({ ...status, findings }), 0);
});

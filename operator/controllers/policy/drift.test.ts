import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NetworkPolicy as LiveNetworkPolicy } from '../../kube/objects.ts';
import { clusterDns } from '../../network/network-facts.ts';
import type { NetworkPolicy } from '../../network/network-policy.ts';
import { renderNetworkPolicy } from '../../network/render-network-policy.ts';
import { aPolicy } from '../testing/builders.ts';
import { createDriftMemory } from './drift.ts';

const facts = { gateway: { ...clusterDns, port: 8443 }, dns: clusterDns, services: new Map() };
const render = (name = 'web'): NetworkPolicy => {
  const rendered = renderNetworkPolicy(aPolicy({}, { name }), facts);
  assert.ok(rendered);
  return rendered;
};
const live = render() as unknown as LiveNetworkPolicy;
const apply = { do: 'apply', object: render() } as const;
const keep = { do: 'keep' } as const;

test('An object that was seen as rendered and has to be rendered the same again was changed by others', () => {
  const memory = createDriftMemory();
  assert.equal(memory.notice('ci/web', undefined, apply), undefined);
  assert.equal(memory.notice('ci/web', live, keep), undefined);
  assert.equal(memory.notice('ci/web', undefined, apply)?.reason, 'NetworkPolicyMended');
});

test('A store that lags behind our own writing is no drift', () => {
  const memory = createDriftMemory();
  memory.notice('ci/web', undefined, apply);
  assert.equal(memory.notice('ci/web', undefined, apply), undefined);
});

test('A policy that asks for something else is no drift', () => {
  const memory = createDriftMemory();
  memory.notice('ci/web', live, keep);
  assert.equal(memory.notice('ci/web', live, { do: 'apply', object: render('other') }), undefined);
});

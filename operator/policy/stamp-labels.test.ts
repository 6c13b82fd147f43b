import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildPolicy } from '../../crds/testing/build-policy.ts';
import { compilePolicyImage } from './compile-policy-image.ts';
import { stampedLabels } from './stamp-labels.ts';

test('a pod that no policy selects is only said to have a sensor', () => {
  assert.deepEqual(stampedLabels(compilePolicyImage('ci', []).payload), { 'chaperone.dev/sensor': 'injected' });
});

test('an Audit policy stamps nothing, even with a default of Deny', () => {
  const audit = buildPolicy('audit', { egress: { default: 'Deny' } });
  assert.deepEqual(stampedLabels(compilePolicyImage('ci', [audit]).payload), { 'chaperone.dev/sensor': 'injected' });
});

test('every Enforce policy stamps its name, and one with Deny the default', () => {
  const open = buildPolicy('open', { mode: 'Enforce' });
  const strict = buildPolicy('strict', { mode: 'Enforce', egress: { default: 'Deny' } });
  assert.deepEqual(stampedLabels(compilePolicyImage('ci', [open, strict]).payload), {
    'chaperone.dev/sensor': 'injected',
    'policy.chaperone.dev/open': 'enforce',
    'policy.chaperone.dev/strict': 'enforce',
    'chaperone.dev/egress-default': 'deny',
  });
});

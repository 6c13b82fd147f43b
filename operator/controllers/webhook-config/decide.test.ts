import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideWebhookConfig } from './decide.ts';

const entry = (name: string, caBundle?: string) => ({
  name,
  clientConfig: { service: { namespace: 'x', name: 'y' }, ...(caBundle !== undefined && { caBundle }) },
});
const value = Buffer.from('PEM').toString('base64');

test('Our entries get the bundle, others are left alone', () => {
  const webhooks = [
    entry('enforce.chaperone.dev', value),
    entry('other.example.com'),
    entry('audit.chaperone.dev', 'b2xk'),
  ];
  assert.deepEqual(decideWebhookConfig({ metadata: { name: 'chaperone' }, webhooks }, 'PEM'), [
    { op: 'test', path: '/webhooks/2/name', value: 'audit.chaperone.dev' },
    { op: 'add', path: '/webhooks/2/clientConfig/caBundle', value },
  ]);
});

test('A configuration with the present bundle needs nothing', () => {
  const webhooks = [entry('enforce.chaperone.dev', value)];
  assert.deepEqual(decideWebhookConfig({ metadata: { name: 'chaperone' }, webhooks }, 'PEM'), []);
});

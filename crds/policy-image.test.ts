import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson } from './canonical-json.ts';
import { ChaperoneError } from './errors.ts';
import {
  hashPolicyImage,
  maxPolicyImageBytes,
  openPolicyImage,
  type PolicyImage,
  policyImageBytes,
  signPolicyImage,
} from './policy-image.ts';
import { arbitraryImage } from './testing/arbitrary-image.ts';

const keys = keyPair();
const image: PolicyImage = {
  version: 1,
  namespace: 'arc-runners',
  generation: 3,
  mode: 'Enforce',
  failureMode: 'Closed',
  policies: [{ name: 'web-ci', generation: 3, mode: 'Enforce' }],
  egress: { default: 'Deny', rules: [{ policy: 'web-ci', name: 'mirror', cidr: '203.0.113.0/24' }] },
  trace: { processes: 'All', redact: ['*_DSN'] },
};

test('what was signed is opened as it was, with its hash', () => {
  fc.assert(
    fc.property(arbitraryImage, (any) => {
      assert.deepEqual(openPolicyImage(signPolicyImage(any, keys.private), keys.public), {
        image: any,
        hash: hashPolicyImage(any),
      });
    }),
  );
});

test('the hash does not depend on the order of members', () => {
  const { trace, ...others } = image;
  assert.equal(hashPolicyImage({ trace, ...others }), hashPolicyImage(image));
});

test('the size is known before signing', () => {
  fc.assert(
    fc.property(arbitraryImage, (any) => {
      assert.equal(policyImageBytes(any), Buffer.byteLength(signPolicyImage(any, keys.private)));
    }),
  );
});

test('one changed byte anywhere is refused', () => {
  const bytes = Buffer.from(signPolicyImage(image, keys.private));
  for (let index = 0; index < bytes.length; index++) {
    const changed = Buffer.from(bytes);
    changed[index] = (changed[index] ?? 0) ^ (1 + (index % 7));
    refuses(changed.toString());
  }
});

test('one byte more or less anywhere is refused', () => {
  const text = signPolicyImage(image, keys.private);
  for (let index = 0; index <= text.length; index++) {
    refuses(`${text.slice(0, index)} ${text.slice(index)}`);
    if (index < text.length) refuses(text.slice(0, index) + text.slice(index + 1));
  }
});

test('the image of another cluster is refused', () => {
  refuses(signPolicyImage(image, keyPair().private), 'policy-image-signature');
});

test('a key that is no Ed25519 key opens nothing', () => {
  const { publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 1024,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const text = signPolicyImage(image, keys.private);
  for (const key of [publicKey, '', 'not a key'])
    assert.throws(() => openPolicyImage(text, key), { code: 'policy-image-signature' });
});

test('a signed image of a later version is refused by its version', () => {
  refuses(sealed(canonicalJson({ ...image, version: 2, egress: 'moved' })), 'policy-image-version');
});

test('a signed image with a field too many, or too few, is refused', () => {
  refuses(sealed(canonicalJson({ ...image, scopes: [] })), 'policy-image-invalid');
  refuses(sealed(canonicalJson({ ...image, trace: undefined })), 'policy-image-invalid');
});

test('a signed image that is written in another order is refused', () => {
  refuses(sealed(JSON.stringify(image)), 'policy-image-malformed');
});

test('an image that does not fit on a pod is neither signed nor opened', () => {
  const rules = Array.from({ length: 3000 }, (_, index) => ({
    policy: 'a',
    name: `rule-${index}`,
    cidr: '203.0.113.0/24',
  }));
  const large = { ...image, egress: { default: 'Deny' as const, rules } };
  assert.ok(policyImageBytes(large) > maxPolicyImageBytes);
  assert.throws(() => signPolicyImage(large, keys.private), { code: 'policy-image-too-large' });
  refuses(sealed(canonicalJson(large)), 'policy-image-too-large');
});

test('any text at all is refused with a code, and nothing else is thrown', () => {
  const hostile = fc.oneof(
    fc.string(),
    fc.json(),
    fc.json().map((payload) => JSON.stringify({ payload, signature: 'AA==' })),
  );
  fc.assert(fc.property(hostile, (text) => refuses(text)));
  refuses('['.repeat(100_000));
  refuses(canonicalJson({ payload: '\ud800', signature: Buffer.alloc(64).toString('base64') }));
});

test('any signed JSON but an image is refused with a code', () => {
  fc.assert(fc.property(fc.json(), (payload) => refuses(sealed(payload))));
  refuses(sealed('{"__proto__":{"version":1}}'));
});

function refuses(text: string, code?: string): void {
  assert.throws(
    () => openPolicyImage(text, keys.public),
    (error) => error instanceof ChaperoneError && error.code.startsWith(code ?? 'policy-image-'),
  );
}

/** An envelope that is right around any payload. */
function sealed(payload: string): string {
  return canonicalJson({ payload, signature: sign(null, Buffer.from(payload), keys.private).toString('base64') });
}

function keyPair(): { public: string; private: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { public: publicKey, private: privateKey };
}

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fastCheck from 'fast-check';
import { type PolicyImage, signPolicyImage } from '../../crds/policy-image.ts';
import { noPolicy } from '../spans/policy-view.ts';
import { openPolicyFile } from './policy-file.ts';
import { adoptPolicy, initialPolicy } from './policy-state.ts';

function keyPair() {
  return generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}
const operator = keyPair();
const trust = { publicKey: operator.publicKey, namespace: 'arc-runners' };

function imageOf(changes: Partial<PolicyImage> = {}): PolicyImage {
  return {
    version: 1,
    namespace: 'arc-runners',
    generation: 3,
    mode: 'Enforce',
    failureMode: 'Open',
    policies: [{ name: 'web-ci', generation: 3, mode: 'Enforce' }],
    egress: { default: 'Deny', rules: [] },
    trace: { processes: 'All', redact: ['*SESSION*'] },
    ...changes,
  };
}
const signed = (changes: Partial<PolicyImage> = {}) => signPolicyImage(imageOf(changes), operator.privateKey);

test('a signed image is adopted, and a newer one takes its place', () => {
  const first = adoptPolicy(initialPolicy, signed(), trust);
  const { names, mode, redact, error, hash } = first.view;
  assert.deepEqual([names, mode, redact, error], [['web-ci'], 'Enforce', ['*SESSION*'], '']);
  assert.match(hash, /^sha256:/);
  const second = adoptPolicy(first, signed({ generation: 4, trace: { processes: 'None', redact: [] } }), trust);
  assert.equal(second.view.processes, 'None');
});

test('an image that says nothing of files means Auto, and one with paths alone means Always', () => {
  const watchOf = (files?: NonNullable<PolicyImage['trace']['files']>) => {
    const trace = { processes: 'All' as const, redact: [], ...(files && { files }) };
    return adoptPolicy(initialPolicy, signed({ trace }), trust).view.files;
  };
  assert.deepEqual(watchOf(), { watch: 'Auto', paths: [] });
  assert.deepEqual(watchOf({ paths: ['/opt'] }), { watch: 'Always', paths: ['/opt'] });
  assert.deepEqual(watchOf({ watch: 'Never', paths: [] }), { watch: 'Never', paths: [] });
});

test('what may not change the policy changes nothing, and is said', () => {
  const inForce = adoptPolicy(initialPolicy, signed(), trust);
  const stranger = signPolicyImage(imageOf({ generation: 9, mode: 'Audit' }), keyPair().privateKey);
  const cases: [string, RegExp][] = [
    [stranger, /signature is wrong/],
    [signed({ generation: 2 }), /generation 2, and 3 is in force/],
    [signed({ generation: 9, namespace: 'other' }), /of the namespace other/],
    [signed({ generation: 9 }).replace('Enforce', 'Audit'), /signature|canonical/],
    ['', /empty/],
    ['{}', /malformed/],
  ];
  for (const [text, fault] of cases) {
    const { image, view } = adoptPolicy(inForce, text, trust);
    assert.equal(image, inForce.image);
    assert.deepEqual({ ...view, error: '', isForged: false }, inForce.view);
    assert.match(view.error, fault);
  }
});

test('a fault is forgotten once the right image is back', () => {
  const inForce = adoptPolicy(initialPolicy, signed(), trust);
  const back = adoptPolicy(adoptPolicy(inForce, 'x', trust), signed(), trust);
  assert.equal(back.view.error, '');
});

test('no text makes it throw, and none without the signature is adopted', () => {
  fastCheck.assert(
    fastCheck.property(fastCheck.oneof(fastCheck.string({ unit: 'binary' }), fastCheck.json()), (text) => {
      assert.equal(adoptPolicy(initialPolicy, text, trust).image, null);
    }),
  );
});

test("the file is followed through the kubelet's swap of links", () => {
  const folder = mkdtempSync(join(tmpdir(), 'chaperone-policy-'));
  const put = (version: string, text: string) => {
    mkdirSync(join(folder, version));
    writeFileSync(join(folder, version, 'policy'), text);
    symlinkSync(version, join(folder, '..data_tmp'));
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  };
  try {
    put('..1', signed());
    symlinkSync('..data/policy', join(folder, 'policy'));
    const file = openPolicyFile(join(folder, 'policy'), trust);
    assert.deepEqual(file.view().names, ['web-ci']);
    assert.equal(file.refresh(), false);
    put('..2', signed({ generation: 5, policies: [{ name: 'strict', generation: 5, mode: 'Enforce' }] }));
    assert.equal(file.refresh(), true);
    assert.deepEqual(file.view().names, ['strict']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('without a file there is no policy, and the view says so', () => {
  const { error, ...view } = openPolicyFile('/nonexistent/policy', trust).view();
  assert.deepEqual({ ...view, error: '' }, noPolicy);
  assert.match(error, /empty/);
});

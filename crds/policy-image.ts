import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import * as z from 'zod';
import { addressBlock, type FileWatch, folderPath, networkPort, redactGlob, serviceReference } from './agent-policy.ts';
import { canonicalJson } from './canonical-json.ts';
import { ChaperoneError } from './errors.ts';

/** The longest annotation value with a signed policy image, in bytes of UTF-8: all annotations of a pod together end at 256 KiB, and a longer one makes pod creation fail. */
export const maxPolicyImageBytes = 128 * 1024;

/** One destination that a rule allows: exactly one of `cidr` and `service`; no `ports` means every port. */
const imageRule = z.strictObject({
  policy: z.string().min(1).max(63),
  name: z.string().min(1).max(63),
  cidr: addressBlock.optional(),
  except: z.array(addressBlock).optional(),
  service: serviceReference.optional(),
  ports: z.array(networkPort).min(1).optional(),
});

const imagePolicy = z.strictObject({
  name: z.string().min(1).max(63),
  generation: z.int().min(0),
  mode: z.enum(['Audit', 'Enforce']),
});

const policyImage = z.strictObject({
  version: z.literal(1),
  namespace: z.string().min(1).max(63),
  generation: z.int().min(0),
  mode: z.enum(['Audit', 'Enforce']),
  failureMode: z.enum(['Open', 'Closed']),
  policies: z.array(imagePolicy),
  egress: z.strictObject({ default: z.enum(['Allow', 'Deny']), rules: z.array(imageRule) }),
  trace: z.strictObject({
    processes: z.enum(['All', 'None']),
    /** Left out: Auto, and no paths. Within it `watch` is left out for Always, as it was when that was all there was. */
    files: z.strictObject({ watch: z.enum(['Auto', 'Never']).optional(), paths: z.array(folderPath) }).optional(),
    redact: z.array(redactGlob),
    /** Only where each job gets a trace of its own. */
    scope: z.literal('Job').optional(),
  }),
});

const envelope = z.strictObject({ payload: z.string(), signature: z.string() });

/** What all policies that select a pod come to, as the sensor gets it. */
export type PolicyImage = z.output<typeof policyImage>;
export type PolicyImageRule = z.output<typeof imageRule>;

/**
 * The annotation's text: canonical JSON of the canonical payload and its Ed25519 signature.
 * Throws `policy-image-too-large` above {@link maxPolicyImageBytes}.
 */
export function signPolicyImage(image: PolicyImage, privateKeyPem: string): string {
  const payload = canonicalJson(image);
  const text = seal(payload, sign(null, Buffer.from(payload), privateKeyPem));
  refuseOverlong(text);
  return text;
}

/**
 * The image in an annotation's text and its hash, once size, signature, form and fields are right.
 * Only the text that {@link signPolicyImage} wrote is taken: one changed byte anywhere refuses it.
 * Throws `policy-image-too-large`, `-malformed`, `-signature`, `-version` or `-invalid`; never anything else.
 */
export function openPolicyImage(text: string, publicKeyPem: string): { image: PolicyImage; hash: string } {
  refuseOverlong(text);
  const payload = verifiedPayload(text, publicKeyPem);
  const fields = parseJson(payload);
  refuseOtherVersion(fields);
  const parsed = policyImage.safeParse(fields);
  if (!parsed.success) {
    throw new ChaperoneError(
      'policy-image-invalid',
      `the policy image is signed but does not fit: ${z.prettifyError(parsed.error)}`,
    );
  }
  if (canonicalJson(parsed.data) !== payload) throw malformed('its payload is not canonical JSON');
  return { image: parsed.data, hash: hashOf(payload) };
}

/** `sha256:` and the hex digest of the canonical payload; what policy status and spans name. */
export function hashPolicyImage(image: PolicyImage): string {
  return hashOf(canonicalJson(image));
}

/** The size in bytes that {@link signPolicyImage} would give, for telling a user before a pod is made. */
export function policyImageBytes(image: PolicyImage): number {
  return Buffer.byteLength(seal(canonicalJson(image), Buffer.alloc(ed25519SignatureBytes)));
}

/** When the files of the pod are watched. */
export function fileWatchOf({ trace: { files } }: PolicyImage): FileWatch {
  return files === undefined ? 'Auto' : (files.watch ?? 'Always');
}

const ed25519SignatureBytes = 64; // RFC 8032, section 5.1.6

function seal(payload: string, signature: Buffer): string {
  return canonicalJson({ payload, signature: signature.toString('base64') });
}

function verifiedPayload(text: string, publicKeyPem: string): string {
  const sealed = envelope.safeParse(parseJson(text));
  if (!sealed.success) throw malformed('it is not an object with the strings payload and signature');
  const { payload } = sealed.data;
  const signature = Buffer.from(sealed.data.signature, 'base64');
  if (seal(payload, signature) !== text) throw malformed('its envelope is not canonical');
  if (!isSignedBy(publicKeyPem, payload, signature)) {
    throw new ChaperoneError(
      'policy-image-signature',
      "the policy image's signature is wrong; it was not written by this cluster's operator",
    );
  }
  return payload;
}

function isSignedBy(publicKeyPem: string, payload: string, signature: Buffer): boolean {
  return payload.isWellFormed() && verify(null, Buffer.from(payload), ed25519Key(publicKeyPem), signature);
}

function ed25519Key(publicKeyPem: string): KeyObject {
  const noKey = 'the public key for policy images is not an Ed25519 key in PEM';
  try {
    const key = createPublicKey(publicKeyPem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (cause) {
    throw new ChaperoneError('policy-image-signature', noKey, { cause });
  }
  throw new ChaperoneError('policy-image-signature', noKey);
}

function refuseOverlong(text: string): void {
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxPolicyImageBytes) return;
  throw new ChaperoneError(
    'policy-image-too-large',
    `the policies of this pod come to ${bytes} bytes, and ${maxPolicyImageBytes} fit on a pod; join address blocks or split the policy by selector`,
  );
}

function refuseOtherVersion(fields: unknown): void {
  const version = fields !== null && typeof fields === 'object' && 'version' in fields ? fields.version : undefined;
  if (typeof version !== 'number' || version === 1) return;
  throw new ChaperoneError(
    'policy-image-version',
    `the policy image has version ${version}, and this sensor reads 1; bring sensor and operator to one release`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ChaperoneError('policy-image-malformed', 'the policy image is not JSON', { cause });
  }
}

function malformed(what: string): ChaperoneError {
  return new ChaperoneError('policy-image-malformed', `the policy image is malformed: ${what}`);
}

function hashOf(payload: string): string {
  return `sha256:${createHash('sha256').update(payload).digest('hex')}`;
}

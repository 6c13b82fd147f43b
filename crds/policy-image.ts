import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { hasNoHostBits, parseAddressBlock } from './address-block.ts';
import type { FileWatch } from './agent-policy.ts';
import { canonicalJson } from './canonical-json.ts';
import { ChaperoneError, describeError } from './errors.ts';
import { list, object, oneOf, optional, type Shape, type Shaped, text, where, wholeNumber } from './shape.ts';

/** The longest annotation value with a signed policy image, in bytes of UTF-8: all annotations of a pod together end at 256 KiB, and a longer one makes pod creation fail. */
export const maxPolicyImageBytes = 128 * 1024;

/** The compiler may also give `undefined`: canonical JSON leaves it out. */
const maybe = <T>(shape: Shape<T>) => optional<T | undefined>(shape);

// The fields of the AgentPolicy that come into the image were checked when it was compiled (crds/agent-policy.ts); here they are checked again.
const name = text({ min: 1, max: 63 });
const label = where(name, 'a DNS label', (given) => /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(given));
const addressBlock = where(text({ min: 1, max: 49 }), 'an address block such as 203.0.113.0/24', (given) => {
  const block = parseAddressBlock(given);
  return block !== null && hasNoHostBits(block);
});
const portNumber = wholeNumber(1, 65535);
const networkPort = where(
  object({ port: portNumber, endPort: maybe(portNumber), protocol: oneOf('TCP', 'UDP') }),
  'an endPort that is not below port',
  ({ port, endPort }) => endPort === undefined || endPort >= port,
);
const folderPath = where(
  text({ min: 1, max: 255 }),
  'the whole path of a folder',
  (path) => /^(\/|(\/[^/]+)+)$/.test(path) && !path.split('/').some((part) => part === '.' || part === '..'),
);
const redactGlob = where(text({ min: 1, max: 128 }), 'a glob over names', (glob) => /^[A-Za-z0-9_.*-]+$/.test(glob));

/** One destination that a rule allows: exactly one of `cidr` and `service`; no `ports` means every port. */
const imageRule = object({
  policy: name,
  name,
  cidr: maybe(addressBlock),
  except: maybe(list(addressBlock)),
  service: maybe(object({ namespace: label, name: label })),
  ports: maybe(list(networkPort, 1)),
});

const programPath = where(text({ min: 1, max: 255 }), 'the whole path of a program', (path) =>
  /^(\/([^/.]|\.[^/.]|\.\.[^/])[^/]*)+$/.test(path),
);
const npmPackage = where(text({ min: 1, max: 214 }), 'the name of an npm package', (given) =>
  /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/.test(given),
);

/** A coding agent, by what its program is: any one of these. */
const imageAgent = object({
  name: label,
  match: object({
    paths: maybe(list(programPath, 1)),
    scripts: maybe(list(programPath, 1)),
    packages: maybe(list(npmPackage, 1)),
  }),
});

const mode = oneOf('Audit', 'Enforce');

const policyImage = object({
  version: oneOf(1),
  namespace: name,
  generation: wholeNumber(),
  mode,
  failureMode: oneOf('Open', 'Closed'),
  policies: list(object({ name, generation: wholeNumber(), mode })),
  egress: object({ default: oneOf('Allow', 'Deny'), rules: list(imageRule) }),
  /** Left out where no policy declares one. */
  agents: maybe(list(imageAgent, 1)),
  trace: object({
    processes: oneOf('All', 'None'),
    /** Left out: Auto, and no paths. Within it `watch` is left out for Always, as it was when that was all there was. */
    files: maybe(object({ watch: maybe(oneOf('Auto', 'Never')), paths: list(folderPath) })),
    redact: list(redactGlob),
    /** Only where coding agents are asked to tell of themselves. */
    agents: maybe(oneOf('Collect')),
    /** Only where each job gets a trace of its own. */
    scope: maybe(oneOf('Job')),
  }),
});

const envelope = object({ payload: text(), signature: text() });

/** What all policies that select a pod come to, as the sensor gets it. */
export type PolicyImage = Shaped<typeof policyImage>;
export type PolicyImageAgent = Shaped<typeof imageAgent>;
export type PolicyImageRule = Shaped<typeof imageRule>;

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
  const image = readImage(fields);
  if (canonicalJson(image) !== payload) throw malformed('its payload is not canonical JSON');
  return { image, hash: hashOf(payload) };
}

function readImage(fields: unknown): PolicyImage {
  try {
    return policyImage(fields);
  } catch (error) {
    throw new ChaperoneError(
      'policy-image-invalid',
      `the policy image is signed but does not fit: ${describeError(error)}`,
    );
  }
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

/** Whether coding agents are asked to tell of themselves. */
export function asksAgents({ trace: { agents } }: PolicyImage): boolean {
  return agents === 'Collect';
}

const ed25519SignatureBytes = 64; // RFC 8032, section 5.1.6

function seal(payload: string, signature: Buffer): string {
  return canonicalJson({ payload, signature: signature.toString('base64') });
}

function verifiedPayload(text: string, publicKeyPem: string): string {
  const sealed = openEnvelope(text);
  const { payload } = sealed;
  const signature = Buffer.from(sealed.signature, 'base64');
  if (seal(payload, signature) !== text) throw malformed('its envelope is not canonical');
  if (!isSignedBy(publicKeyPem, payload, signature)) {
    throw new ChaperoneError(
      'policy-image-signature',
      "the policy image's signature is wrong; it was not written by this cluster's operator",
    );
  }
  return payload;
}

function openEnvelope(text: string): Shaped<typeof envelope> {
  const fields = parseJson(text);
  try {
    return envelope(fields);
  } catch {
    throw malformed('it is not an object with the strings payload and signature');
  }
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

// The x509 library's container refuses to load without it; it must come first.
import 'reflect-metadata';
import { createPrivateKey, webcrypto, X509Certificate } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  X509Certificate as SignedCertificate,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { DAY, MINUTE } from './durations.ts';

/** A certificate with its private key, both PEM and ending in a newline. */
export interface KeyPair {
  certificate: string;
  key: string;
}

/** What a decision needs to know of a certificate; times in milliseconds since the epoch. */
export interface Validity {
  notBefore: number;
  notAfter: number;
}

/** As cert-manager's DynamicAuthority: a year for the authority, a week for what it signs. */
export const AUTHORITY_LIFETIME = 365 * DAY;
export const LEAF_LIFETIME = 7 * DAY;
/** Clocks of the nodes differ: a certificate is valid a little before it was made. */
export const BACKDATE = 5 * MINUTE;

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Makes a self-signed P-256 authority that may sign leaves and nothing else. */
export async function createAuthority(now: number): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    // The time tells authorities that overlap apart, for people and for the search of an issuer by name.
    name: [{ CN: [`chaperone ${new Date(now).toISOString()}`] }],
    keys,
    notBefore: new Date(now - BACKDATE),
    notAfter: new Date(now + AUTHORITY_LIFETIME),
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: pem(certificate), key: await privatePem(keys.privateKey) };
}

/** Makes a server certificate for the names, signed by the authority; it never outlives the authority. */
export async function issueLeaf(authority: KeyPair, dnsNames: string[], now: number): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const issuer = new SignedCertificate(authority.certificate);
  const certificate = await X509CertificateGenerator.create({
    subject: [{ CN: ['chaperone'] }],
    issuer: issuer.subjectName,
    publicKey: keys.publicKey,
    signingKey: await signingKey(authority.key),
    notBefore: new Date(now - BACKDATE),
    notAfter: new Date(Math.min(now + LEAF_LIFETIME, issuer.notAfter.getTime())),
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(dnsNames.map((value) => ({ type: 'dns', value }))),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { certificate: pem(certificate), key: await privatePem(keys.privateKey) };
}

/** The certificate and key, checked to belong together; null for anything else, such as a Secret that somebody edited. */
export function readKeyPair(certificate: string | undefined, key: string | undefined): (KeyPair & Validity) | null {
  if (!certificate || !key) return null;
  try {
    const parsed = new X509Certificate(certificate);
    if (!parsed.checkPrivateKey(createPrivateKey(key))) return null;
    return { certificate, key, ...validityOf(parsed) };
  } catch {
    return null;
  }
}

/** The certificate's validity, or null when the text is no certificate. */
export function readValidity(certificate: string | undefined): Validity | null {
  if (!certificate) return null;
  try {
    return validityOf(new X509Certificate(certificate));
  } catch {
    return null;
  }
}

/** Whether the leaf was signed by the authority and is for exactly these names. */
export function isLeafOf(leaf: string, authority: string, dnsNames: string[]): boolean {
  try {
    const parsed = new X509Certificate(leaf);
    const wanted = dnsNames.map((name) => `DNS:${name}`).join(', ');
    return parsed.subjectAltName === wanted && parsed.verify(new X509Certificate(authority).publicKey);
  } catch {
    return false;
  }
}

/** Certificates one after the other, each ending in a newline: without it two PEM blocks run into one line and neither is read. */
export function joinPem(...certificates: string[]): string {
  return certificates.map((text) => `${text.trim()}\n`).join('');
}

function validityOf(certificate: X509Certificate): Validity {
  return { notBefore: certificate.validFromDate.getTime(), notAfter: certificate.validToDate.getTime() };
}

function signingKey(key: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(key).export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', new Uint8Array(der), ALGORITHM, false, ['sign']);
}

function pem(certificate: SignedCertificate): string {
  return joinPem(certificate.toString('pem'));
}

async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  return joinPem(PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY'));
}

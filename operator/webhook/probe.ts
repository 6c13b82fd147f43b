import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';

/** A loopback handshake takes milliseconds; a server that needs longer is not ready. */
const HANDSHAKE_TIMEOUT = 2_000;

/**
 * Whether the port on this machine answers a TLS handshake with exactly this certificate (PEM). Never rejects.
 * The certificate is compared, not verified: who asks knows which one it must be, and connects by address, not by the names in it.
 */
export function answersWithOwnCertificate(port: number, certificate: string): Promise<boolean> {
  const expected = new X509Certificate(certificate).fingerprint256;
  return new Promise((resolve) => {
    const socket = connect({ port, host: 'localhost', rejectUnauthorized: false, timeout: HANDSHAKE_TIMEOUT });
    const finish = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('secureConnect', () => finish(socket.getPeerX509Certificate()?.fingerprint256 === expected));
    socket.once('timeout', () => finish(false));
    socket.once('error', () => finish(false));
  });
}

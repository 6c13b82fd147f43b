import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { describeError } from '../../crds/errors.ts';
import { type KeyPair, readKeyPair } from '../certificates/authority.ts';
import { readSecret, type SecretPlace } from '../certificates/secret-values.ts';
import { type Clock, sleep } from '../runtime/clock.ts';

export interface CertificateSourceOptions {
  /** The Secret `chaperone-gateway-tls`, which the operator makes and rotates. */
  place: SecretPlace;
  clock: Clock;
  log: Logger;
}

/** Rotation overlaps by days, so looking twice a minute is plenty. */
const INTERVAL = 30_000;
const RETRY_INTERVAL = 1_000;

/**
 * The gateway's certificates, the first as soon as the operator has made it and then each one that differs from the one before.
 * A Secret that cannot be read is logged and read again. Ends when the signal aborts.
 */
export async function* watchCertificate(
  options: CertificateSourceOptions,
  signal: AbortSignal,
): AsyncGenerator<KeyPair> {
  let last: KeyPair | null = null;
  while (!signal.aborted) {
    const next = await read(options, last);
    if (next !== null && !isDeepStrictEqual(next, last)) {
      last = next;
      yield next;
    }
    await sleep(options.clock, last === null ? RETRY_INTERVAL : INTERVAL, signal);
  }
}

async function read({ place, log }: CertificateSourceOptions, last: KeyPair | null): Promise<KeyPair | null> {
  try {
    const { values } = await readSecret(place);
    const found = readKeyPair(values['tls.crt'], values['tls.key']);
    if (found !== null) return { certificate: found.certificate, key: found.key };
    if (last !== null)
      log.warn(`the Secret ${place.namespace}/${place.name} holds no certificate; the last one stays in use`);
    else log.info(`waiting for the operator to make the certificate in the Secret ${place.namespace}/${place.name}`);
  } catch (error) {
    log.warn({ err: error }, `the gateway's certificate could not be read: ${describeError(error)}`);
  }
  return null;
}

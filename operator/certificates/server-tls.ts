import type { Server } from 'node:https';
import type { Clock } from '../runtime/clock.ts';
import type { KeyPair } from './authority.ts';

/** The options of a TLS server, and of `setSecureContext`, for a certificate of ours. */
export function serverTls({ certificate, key }: KeyPair): { cert: string; key: string; minVersion: 'TLSv1.2' } {
  return { cert: certificate, key, minVersion: 'TLSv1.2' };
}

/** A server as fastify wraps it. */
export interface ClosableServer {
  server: Server;
  close(): PromiseLike<unknown>;
}

const IDLE_CHECK_INTERVAL = 50;

/** Ends a server once what is in flight is answered. Node.js closes only the connections that are idle when it is told to; this closes them as they become idle. */
export async function closeGracefully(app: ClosableServer, clock: Clock): Promise<void> {
  let cancel = (): void => undefined;
  const closeIdle = (): void => {
    app.server.closeIdleConnections();
    cancel = clock.setTimer(IDLE_CHECK_INTERVAL, closeIdle);
  };
  closeIdle();
  try {
    await app.close();
  } finally {
    cancel();
  }
}

import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import type { KeyPair } from '../certificates/authority.ts';
import { serverTls } from '../certificates/server-tls.ts';

const KEEP_ALIVE_TIMEOUT = 30_000;
const MAX_CONNECTIONS = 8192;

/** Milliseconds until a connection that only holds our memory is ended. */
export interface GatewayTimeouts {
  handshake: number;
  headers: number;
  /** From the first byte of a request to the last of its body. */
  request: number;
}

const DEFAULT_TIMEOUTS: GatewayTimeouts = { handshake: 5_000, headers: 5_000, request: 15_000 };

export interface ConnectionOptions {
  readonly connectionsPerAddress: number;
  readonly timeouts?: GatewayTimeouts | undefined;
}

/** Before any request: what a connection may hold, and for how long. Bodies come as bytes. */
export function createApp(certificate: KeyPair, options: ConnectionOptions): FastifyInstance<Server> {
  const { connectionsPerAddress, timeouts = DEFAULT_TIMEOUTS } = options;
  const https = {
    ...serverTls(certificate),
    handshakeTimeout: timeouts.handshake,
    headersTimeout: timeouts.headers,
    // How often Node.js looks for connections that are past their time.
    connectionsCheckingInterval: timeouts.headers / 5,
  };
  const app = fastify({
    https,
    requestTimeout: timeouts.request,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
    forceCloseConnections: 'idle',
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  limitConnections(app.server, connectionsPerAddress);
  // Bytes, not objects: a body is parsed once it is known whose it is.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  return app;
}

/** So that one pod cannot take all connections that there are, for which it needs no token. */
function limitConnections(server: Server, most: number): void {
  const counts = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const count = (counts.get(address) ?? 0) + 1;
    counts.set(address, count);
    socket.once('close', () => {
      const left = (counts.get(address) ?? 1) - 1;
      if (left === 0) counts.delete(address);
      else counts.set(address, left);
    });
    if (count > most) socket.destroy();
  });
}

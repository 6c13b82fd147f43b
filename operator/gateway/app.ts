import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import type { KeyPair } from '../certificates/authority.ts';
import { serverTls } from '../certificates/server-tls.ts';

const KEEP_ALIVE_TIMEOUT = 30_000;

/** Milliseconds until a connection that only holds our memory is ended. */
export interface GatewayTimeouts {
  handshake: number;
  headers: number;
  /** From the first byte of a request to the last of its body. */
  request: number;
}

const DEFAULT_TIMEOUTS: GatewayTimeouts = { handshake: 5_000, headers: 5_000, request: 15_000 };

export interface ConnectionOptions {
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly timeouts?: GatewayTimeouts | undefined;
}

/** Before any request: what a connection may hold, and for how long. Bodies come as bytes. */
export function createApp(certificate: KeyPair, options: ConnectionOptions): FastifyInstance<Server> {
  const { timeouts = DEFAULT_TIMEOUTS } = options;
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
  limitConnections(app.server, options);
  // Bytes, not objects: a body is parsed once it is known whose it is.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  return app;
}

/**
 * So that neither one pod nor several can take all connections that there are, for which they need no token: where there is no room, the one who has
 * most gives way.
 */
function limitConnections(server: Server, most: ConnectionOptions): void {
  const open = new Map<string, Set<Socket>>();
  let count = 0;
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const own = open.get(address) ?? new Set();
    open.set(address, own.add(socket));
    count += 1;
    socket.once('close', () => {
      count -= 1;
      own.delete(socket);
      if (own.size === 0) open.delete(address);
    });
    if (own.size > most.connectionsPerAddress) socket.destroy();
    else if (count > most.connections) latestOf(largest(open.values()))?.destroy();
  });
}

function largest(sets: Iterable<Set<Socket>>): Set<Socket> {
  let found = new Set<Socket>();
  for (const set of sets) if (set.size > found.size) found = set;
  return found;
}

function latestOf(sockets: Set<Socket>): Socket | undefined {
  return [...sockets].findLast((socket) => !socket.destroyed);
}

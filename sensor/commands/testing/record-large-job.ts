import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { makeRepository, type Ran, runAct } from './local-run.ts';
import { monorepo, servers } from './monorepo.ts';

/** Runs the workspace's workflow by act under the real sensor, with servers of its own on loopback. */
export async function recordLargeJob(): Promise<Ran> {
  const listening = await Promise.all(Array.from({ length: servers }, (_, index) => serve(`127.0.0.${index + 2}`)));
  try {
    const places = listening.map((server) => {
      const { address, port } = server.address() as AddressInfo;
      return `${address}:${port}`;
    });
    return await runAct(makeRepository('monorepo', monorepo()), '--env', `SERVERS=${places.join(' ')}`);
  } finally {
    for (const server of listening) server.close();
  }
}

/** Answers a line with a line. */
async function serve(address: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end('hello\n'));
  });
  server.listen(0, address);
  await once(server, 'listening');
  return server;
}

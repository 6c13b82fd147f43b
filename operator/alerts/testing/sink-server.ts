import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Alert } from '../../../crds/alert.ts';

export interface Arrived {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A real HTTP server on loopback that alerts are sent to. */
export interface SinkServer {
  url: string;
  arrived: Arrived[];
  /** Those that came to this path. */
  alerts(path?: string): Alert[];
  /** How it answers from now on; 200 at first. */
  answer: RequestListener;
  close(): Promise<void>;
}

export async function startSinkServer(): Promise<SinkServer> {
  const arrived: Arrived[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request).catch(() => '');
    arrived.push({ path: request.url ?? '', headers: request.headers, body });
    sink.answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sink: SinkServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    arrived,
    alerts: (path = '/hook') => arrived.filter((one) => one.path === path).map(({ body }) => JSON.parse(body) as Alert),
    answer: (_request, response) => response.end('ok'),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return sink;
}

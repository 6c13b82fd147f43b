import type http from 'node:http';
import https from 'node:https';
import { ChaperoneError } from '../../crds/errors.ts';
import type { Clock } from './clock.ts';
import type { ServerAddress } from './server-address.ts';

/** Not imported: an import reads everything that it exports, `WebSocket` too, for which Node loads undici: 4 MB resident that nothing here uses. */
const plain = process.getBuiltinModule('node:http');

export interface Posting {
  readonly agent: http.Agent;
  /** The one that the agent was made with. */
  readonly address: ServerAddress;
  readonly headers: Record<string, string>;
  readonly body: string;
  /** From the call to the last byte of the answer, in milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** The server's answer as seen on the wire. */
export interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  /** At most 64 KiB of it. */
  readonly body: string;
}

/** Of an answer's body no more than this is read; a partial success is far smaller. */
const answerLimit = 65_536;

/** One connection that is kept open; `ca` is a PEM bundle to trust instead of the system's. */
export function createAgent(url: string, ca: string | undefined, { lookup }: ServerAddress): http.Agent {
  const settings = { keepAlive: true, maxSockets: 1, lookup };
  if (!url.startsWith('https:')) return new plain.Agent(settings);
  return new https.Agent(ca === undefined ? settings : { ...settings, ca });
}

/**
 * Posts JSON. Rejects when no whole answer came: refused, reset (also in the middle of a body), or too slow.
 * Node's own client, since undici would double what the sensor holds in memory.
 */
export async function post(url: string, { agent, address, headers, body, timeoutMs, clock }: Posting): Promise<Answer> {
  const client = url.startsWith('https:') ? https : plain;
  const length = String(Buffer.byteLength(body));
  const request = client.request(url, {
    method: 'POST',
    agent,
    headers: { 'content-type': 'application/json', 'content-length': length, ...headers },
  });
  const late = new ChaperoneError('server-slow', 'the server did not answer in time');
  const cancel = clock.after(timeoutMs, () => request.destroy(late));
  try {
    const response = await responseTo(request, body);
    address.reached(response.socket);
    return await readAnswer(response);
  } catch (error) {
    address.missed();
    throw error;
  } finally {
    cancel();
  }
}

function responseTo(request: http.ClientRequest, body: string): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    // Stays for good: a server that answers before it has read everything resets the connection afterwards.
    request.on('error', reject);
    request.once('response', resolve);
    request.end(body);
  });
}

async function readAnswer(response: http.IncomingMessage): Promise<Answer> {
  const status = response.statusCode ?? 0;
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes <= answerLimit) chunks.push(chunk);
    }
  } catch (error) {
    // What the server refuses it need not explain; but a success that was cut is none.
    if (status < 300) throw error;
  }
  const body = Buffer.concat(chunks).toString('utf8');
  return { status, retryAfter: response.headers['retry-after'] ?? null, body };
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** A server in the namespace that stands for the internet, and what it saw. */
export interface InternetServer {
  /** `address:port` of each place it listens on, in the order asked for. */
  places: string[];
  /** One line `address:port` for each connection that arrived, by the place where it arrived. */
  seen: string[];
  /** The requests that arrived, in their order. */
  requests: Arrived[];
  stop(): Promise<void>;
}

export interface Arrived {
  place: string;
  path: string;
  headers: Record<string, string>;
  body: string;
  /** When its last byte was here: milliseconds since 1970. */
  at: number;
}

/** Every address of 203.0.113.0/24 and 198.51.100.0/24 stands there, and nowhere else; the cluster's `up` made it. */
export const enter = [`--net=/run/netns/${process.env.CHAPERONE_INTERNET ?? 'chaperone-net'}`];

/** Starts a server that says hello over HTTP at each of the places (`address:port`). */
export async function startServer(places: string[]): Promise<InternetServer> {
  const child = spawn('nsenter', [...enter, process.execPath, '--input-type=module', '-e', program, ...places], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const seen: string[] = [];
  const requests: Arrived[] = [];
  const lines = createInterface(child.stdout);
  const take = (line: string) => (line.startsWith('{') ? requests.push(JSON.parse(line)) : seen.push(line));
  const ready = new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => (line === 'ready' ? resolve() : take(line)));
    child.once('exit', (code) => reject(new Error(`the server for ${places.join(', ')} ended with ${code}`)));
  });
  await ready;
  return {
    places,
    seen,
    requests,
    async stop() {
      child.stdin.end();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

/** Gives an address a name in the internet's DNS, which reads its names anew every second. */
export function giveName(name: string, address: string): void {
  const file = process.env.CHAPERONE_INTERNET_HOSTS ?? '';
  const line = `${address} ${name}\n`;
  if (!readFileSync(file, 'utf8').includes(line)) appendFileSync(file, line);
}

/** Ends when its standard input does, so that no server outlives its test. */
const program = `
import { createServer } from 'node:http';
const listening = process.argv.slice(1).map((place) => {
  const [host, port] = place.split(':');
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { url: path, headers } = request;
    console.log(JSON.stringify({ place, path, headers, body: String(Buffer.concat(chunks)), at: Date.now() }));
    response.end('hello\\n');
  });
  server.on('connection', () => console.log(place));
  return new Promise((resolve) => server.listen(Number(port), host, resolve));
});
await Promise.all(listening);
console.log('ready');
process.stdin.resume().on('end', () => process.exit(0));
`;

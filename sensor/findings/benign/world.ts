// What honest jobs meet outside, run in a network namespace of the test's own: a resolver, a registry of npm packages, a git server that asks for a
// password, a server of releases. `world.ts FOLDER`: tarballs and repositories lie below it. The addresses are for documentation (RFC 5737).
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createReadStream, existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { basename, join } from 'node:path';
import { parseDnsMessage, recordType } from '../../names/dns-message.ts';
import { answerFlags, questionName, writeMessage } from '../../names/testing/dns-bytes.ts';

const hosts: Readonly<Record<string, string>> = {
  'registry.example.com': '203.0.113.10',
  'git.example.com': '203.0.113.11',
  'releases.example.com': '203.0.113.12',
};
const [folder = ''] = process.argv.slice(2);

async function serveNames(): Promise<void> {
  const socket = createSocket('udp4');
  socket.on('message', (bytes, from) => {
    const question = parseDnsMessage(bytes);
    if (question === null) return;
    const { id, name, type } = question;
    const address = hosts[name];
    const data = Buffer.from((address ?? '').split('.').map(Number));
    const answers = address === undefined || type !== recordType.a ? [] : [{ name: questionName, type, data }];
    const flags = answerFlags | (address === undefined ? 3 : 0);
    socket.send(writeMessage({ id, name, type, flags, answers }), from.port, from.address);
  });
  socket.bind(53, '127.0.0.1');
  await once(socket, 'listening');
}

async function serve(name: string, listener: RequestListener): Promise<void> {
  const server = createServer(listener).listen(80, hosts[name]);
  await once(server, 'listening');
}

/** Tarballs and what is known of the packages, as `npm ci` and `npm install` ask for them; whatever is published is taken. */
function registry({ method, url = '' }: IncomingMessage, response: ServerResponse): void {
  if (method !== 'GET') return void response.writeHead(201, { 'content-type': 'application/json' }).end('{"ok":true}');
  sendFile(join(folder, 'registry', basename(url.replace(/\/$/, ''))), response);
}

function releases({ url = '' }: IncomingMessage, response: ServerResponse): void {
  sendFile(join(folder, 'releases', basename(url)), response);
}

function sendFile(path: string, response: ServerResponse): void {
  if (!existsSync(path)) return void response.writeHead(404).end('{}');
  response.writeHead(200, { 'content-type': path.endsWith('.tgz') ? 'application/octet-stream' : 'application/json' });
  createReadStream(path).pipe(response);
}

/** git's own server, behind a password. */
function git(request: IncomingMessage, response: ServerResponse): void {
  const { method = 'GET', url = '', headers } = request;
  if (headers.authorization === undefined)
    return void response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
  const [path = '', query = ''] = url.split('?');
  const backend = spawn('git', ['http-backend'], {
    env: {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      GIT_PROJECT_ROOT: join(folder, 'git'),
      GIT_HTTP_EXPORT_ALL: '1',
      REMOTE_USER: 'octo',
      REQUEST_METHOD: method,
      PATH_INFO: path,
      QUERY_STRING: query,
      CONTENT_TYPE: headers['content-type'],
      HTTP_CONTENT_ENCODING: headers['content-encoding'],
      GIT_PROTOCOL: String(headers['git-protocol'] ?? ''),
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  request.pipe(backend.stdin);
  const parts: Buffer[] = [];
  backend.stdout.on('data', (part: Buffer) => parts.push(part));
  backend.on('close', () => sendCgi(Buffer.concat(parts), response));
}

function sendCgi(output: Buffer, response: ServerResponse): void {
  const end = output.indexOf('\r\n\r\n');
  const headers = output
    .subarray(0, end)
    .toString()
    .split('\r\n')
    .map((line) => line.split(': ') as [string, string]);
  const status = headers.find(([name]) => name === 'Status')?.[1] ?? '200';
  response.writeHead(Number.parseInt(status, 10), Object.fromEntries(headers.filter(([name]) => name !== 'Status')));
  response.end(output.subarray(end + 4));
}

await Promise.all([
  serveNames(),
  serve('registry.example.com', registry),
  serve('git.example.com', git),
  serve('releases.example.com', releases),
]);
process.stdout.write('ready\n');

// The tests' own resolver, run in a network namespace of theirs: UDP and TCP on port 53 of loopback, UDP also on port 5353 of 127.0.0.11, and on
// port 8080 a server that takes whatever comes.
import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { parseDnsMessage, recordType } from '../dns-message.ts';
import { answerFlags, questionName, type RecordParts, writeMessage, writeName, writeUint16 } from './dns-bytes.ts';

const { a, aaaa, cname } = recordType;
const ipv4 = (address: string): RecordParts => ({
  name: questionName,
  type: a,
  data: Buffer.from(address.split('.').map(Number)),
});
const loopback6: RecordParts = { name: questionName, type: aaaa, data: Buffer.from([...Buffer.alloc(15), 1]) };
const alias = (name: string, to: string): RecordParts => ({ name, type: cname, data: writeName(to) });

/** Answers by name; a name that is not here does not exist. */
const zone = new Map<string, readonly RecordParts[]>([
  ['one.test', [ipv4('127.0.1.1')]],
  ['several.test', [ipv4('127.0.1.2'), ipv4('127.0.1.3'), ipv4('127.0.1.4')]],
  ['six.test', [loopback6]],
  [
    'alias.test',
    [
      alias('alias.test', 'b.alias.test'),
      alias('b.alias.test', 'c.alias.test'),
      { ...ipv4('127.0.1.5'), name: 'c.alias.test' },
    ],
  ],
  ['twin.test', [ipv4('127.0.1.1')]],
  ['wrong-id.test', [ipv4('127.0.2.1')]],
  ['wrong-name.test', [ipv4('127.0.2.2')]],
  ['elsewhere.test', [ipv4('127.0.2.3')]],
  ['another-owner.test', [{ ...ipv4('127.0.2.4'), name: 'bank.test' }]],
]);

function recordsOf(name: string): readonly RecordParts[] | null {
  const storm = /^n(\d+)\.storm\.test$/.exec(name);
  if (storm === null) return zone.get(name) ?? null;
  const number = Number(storm[1]);
  return [ipv4(`127.1.${number >> 8}.${number & 255}`)];
}

function answer(bytes: Buffer): Buffer | null {
  const question = parseDnsMessage(bytes);
  if (question === null || question.name === 'decoy.test') return null;
  const records = recordsOf(question.name);
  const code = question.name === 'broken.test' ? 2 : records === null ? 3 : 0;
  const answers = (records ?? []).filter(({ type }) => type === question.type || type === cname);
  return writeMessage({
    id: question.name === 'wrong-id.test' ? question.id + 1 : question.id,
    flags: answerFlags | code,
    name: question.name === 'wrong-name.test' ? 'other.test' : question.name,
    type: question.type,
    answers,
  });
}

let decoy: RemoteInfo | null = null;

async function serveUdp(address: string, port = 53): Promise<void> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (bytes, from) => {
    const name = parseDnsMessage(bytes)?.name;
    if (name === 'decoy.test') decoy = from;
    const to = name === 'elsewhere.test' && decoy !== null ? decoy : from;
    const reply = answer(bytes);
    if (reply !== null) socket.send(reply, to.port, to.address);
  });
  socket.bind(port, address);
  await once(socket, 'listening');
}

async function serveTcp(): Promise<void> {
  const server = createServer((socket) => {
    forgive(socket);
    socket.on('data', (bytes) => {
      const reply = answer(Buffer.from(bytes).subarray(2));
      if (reply !== null) socket.write(Buffer.concat([writeUint16(reply.length), reply]));
    });
  }).listen(53, '127.0.0.1');
  await once(server, 'listening');
}

async function serveAnything(): Promise<void> {
  const server = createServer((socket) => forgive(socket).resume()).listen({ port: 8080, host: '::', backlog: 1024 });
  await once(server, 'listening');
}

function forgive(socket: Socket): Socket {
  return socket.on('error', () => socket.destroy());
}

await Promise.all([serveUdp('127.0.0.1'), serveUdp('::1'), serveUdp('127.0.0.11', 5353), serveTcp(), serveAnything()]);
process.stdout.write('ready\n');

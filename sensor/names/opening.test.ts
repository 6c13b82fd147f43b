import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { connect } from 'node:tls';
import fc from 'fast-check';
import { readOpening } from './opening.ts';
import { serverNameExtension, writeExtension, writeHello } from './testing/hello-bytes.ts';

const nameIn = (bytes: Buffer, sent = bytes.length) => readOpening(bytes, sent)?.serverName ?? null;
const targetIn = (text: string) => readOpening(Buffer.from(text, 'latin1'), text.length)?.proxyTarget ?? null;
/** As large as a key share of X25519MLKEM768. */
const keyShare = writeExtension(51, Buffer.alloc(1_258));

test("the server name is found wherever it stands among a large hello's extensions", () => {
  assert.equal(nameIn(writeHello({ extensions: [serverNameExtension('GitHub.com')] })), 'github.com');
  assert.equal(nameIn(writeHello({ extensions: [keyShare, serverNameExtension('a.test.')] })), 'a.test');
});

test('a real client names its server in its first bytes', async (context) => {
  const server = createServer().listen(0, '127.0.0.1');
  context.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const client = connect({ port, host: '127.0.0.1', servername: 'registry.example.test' }).on('error', () => {});
  const [socket] = await once(server, 'connection');
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  socket.destroy();
  assert.deepEqual(readOpening(bytes, bytes.length), { serverName: 'registry.example.test', proxyTarget: null });
});

test('of a hello whose copy was cut, a name before the cut counts', () => {
  const hello = writeHello({ extensions: [serverNameExtension('a.test'), keyShare, keyShare] });
  assert.equal(nameIn(hello.subarray(0, 2048), hello.length), 'a.test');
  const late = writeHello({ extensions: [keyShare, keyShare, serverNameExtension('a.test')] });
  assert.equal(nameIn(late.subarray(0, 2048), late.length), null);
});

test('a hello that was sent in pieces, or is spread over records, names nobody', () => {
  const hello = writeHello({ extensions: [serverNameExtension('a.test'), keyShare] });
  for (const sent of [30, 120, hello.length - 1]) assert.equal(nameIn(hello.subarray(0, sent)), null);
  assert.equal(nameIn(writeHello({ extensions: [serverNameExtension('a.test')], lie: -40 })), null);
});

test('what is no host name is no name', () => {
  const names = [
    '',
    '192.0.2.1',
    '::1',
    'a..test',
    '-a.test',
    `${'a'.repeat(64)}.test`,
    'a\0b',
    'a b',
    'ä.test',
    `${'a.'.repeat(127)}test`,
  ];
  for (const name of names) assert.equal(nameIn(writeHello({ extensions: [serverNameExtension(name)] })), null, name);
});

test('lists whose lengths contradict themselves name nobody', () => {
  const sound = serverNameExtension('a.test');
  for (const at of [3, 5, 8]) {
    const bent = Buffer.from(sound);
    bent[at] = (bent[at] ?? 0) + 1;
    assert.equal(nameIn(writeHello({ extensions: [bent, writeExtension(1, Buffer.alloc(4))] })), null);
  }
});

test('a CONNECT tells its target: a name, an address, an address in brackets', () => {
  assert.deepEqual(targetIn('CONNECT GitHub.com:443 HTTP/1.1\r\nHost: x\r\n'), { host: 'github.com', port: 443 });
  assert.deepEqual(targetIn('CONNECT 192.0.2.1:8443 HTTP/1.0\n'), { host: '192.0.2.1', port: 8443 });
  assert.deepEqual(targetIn('CONNECT [2001:DB8::1]:443 HTTP/1.1\r\n'), { host: '2001:db8::1', port: 443 });
});

test('other requests, cut lines, bad ports and hosts tell none', () => {
  const line = (target: string) => `CONNECT ${target} HTTP/1.1\r\n`;
  const texts = [
    'GET / HTTP/1.1\r\n',
    'connect a.test:1 HTTP/1.1\r\n',
    'CONNECT a.test:443 HTTP/1.1',
    line('a.test'),
    line('a.test:0'),
  ];
  for (const text of [
    ...texts,
    line('a.test:65536'),
    line('[::x]:1'),
    line('u@a.test:1'),
    line('1.2.3:1'),
    line(`${'a'.repeat(400)}:1`),
  ])
    assert.equal(targetIn(text), null, text);
});

test('no bytes make it throw', () => {
  const whole = writeHello({ extensions: [serverNameExtension('a.test'), keyShare] }).subarray(0, 400);
  const damaged = fc.tuple(fc.nat(whole.length - 1), fc.nat(255)).map(([at, byte]) => {
    const bytes = Buffer.from(whole);
    bytes[at] = byte;
    return new Uint8Array(bytes);
  });
  const line = fc
    .string({ unit: 'binary', maxLength: 60 })
    .map((text) => new Uint8Array(Buffer.from(`CONNECT ${text}`)));
  fc.assert(
    fc.property(fc.oneof(damaged, line, fc.uint8Array({ maxLength: 300 })), fc.nat(5000), (bytes, sent) => {
      readOpening(bytes, Math.max(sent, bytes.length));
    }),
    { numRuns: 3000 },
  );
});

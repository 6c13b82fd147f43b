import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { describe, test } from 'node:test';
import { holdAnswers, startGateway, tokenOf, traces } from './testing/gateway.ts';

describe('a limit', () => {
  const short = { handshake: 200, headers: 200, request: 400 };

  test('holds a pod to its rate and leaves others theirs', async () => {
    await using gateway = await startGateway({ limits: { requestsPerSecond: 0.001, burstSeconds: 2000 } });
    const statuses = [];
    for (let turn = 0; turn < 3; turn++) statuses.push((await gateway.post('/v1/traces', traces())).statusCode);
    assert.deepEqual(statuses, [200, 200, 429]);
    const other = await gateway.post('/v1/traces', traces(), { authorization: `Bearer ${tokenOf('runner-2')}` });
    assert.equal(other.statusCode, 200);
  });

  test('of requests in flight turns the next one away and gives places back', async () => {
    const held = holdAnswers();
    await using gateway = await startGateway({ answer: held.answer, limits: { requests: 3 } });
    const first = [gateway.post('/v1/traces', traces()), gateway.post('/v1/traces', traces())];
    await held.waiting(2);
    const turnedAway = await gateway.post('/v1/traces', traces());
    assert.deepEqual([turnedAway.statusCode, turnedAway.headers['retry-after']], [429, '1']);
    held.release();
    await Promise.all(first);
    const next = gateway.post('/v1/traces', traces());
    await held.waiting(1);
    held.release();
    assert.equal((await next).statusCode, 200);
  });

  test('of connections from one address ends the next one at once, and none that is there', async () => {
    await using gateway = await startGateway({ limits: { connectionsPerAddress: 2 } });
    const connect = () => connectTcp(gateway.port, '127.0.0.1').on('error', () => undefined);
    const [first, second] = [connect(), connect()];
    await Promise.all([once(first, 'connect'), once(second, 'connect')]);
    await once(connect().resume(), 'close');
    assert.deepEqual([first.destroyed, second.destroyed], [false, false]);
    first.destroy();
    await once(first, 'close');
    second.destroy();
    await once(second, 'close');
  });

  test('of all connections makes the address that has most give one up for another', async () => {
    await using gateway = await startGateway({ limits: { connections: 3 } });
    const connect = (localAddress: string) =>
      connectTcp({ port: gateway.port, host: '127.0.0.1', localAddress }).on('error', () => undefined);
    const many = [connect('127.0.0.2'), connect('127.0.0.2'), connect('127.0.0.2')];
    await Promise.all(many.map((socket) => once(socket, 'connect')));
    const ended = Promise.race(many.map((socket) => once(socket.resume(), 'close')));
    const other = connect('127.0.0.3');
    await Promise.all([once(other, 'connect'), ended]);
    assert.deepEqual([other.destroyed, many.filter((socket) => !socket.destroyed).length], [false, 2]);
    for (const socket of [...many, other]) socket.destroy();
  });

  test('of time ends a connection that sends its headers too slowly', async () => {
    await using gateway = await startGateway({ timeouts: short });
    const socket = await gateway.connect();
    socket.write('POST /v1/traces HTTP/1.1\r\n');
    const [data] = await once(socket, 'data');
    assert.match(String(data), /^HTTP\/1\.1 408 /);
    await once(socket, 'close');
  });

  test('of time ends a connection that sends its body too slowly, and gives its room back', async () => {
    await using gateway = await startGateway({ timeouts: short, limits: { requests: 1 } });
    const socket = await gateway.connect();
    const head = `POST /v1/traces HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${tokenOf('slow')}\r\n`;
    socket.write(`${head}content-type: application/json\r\ncontent-length: 1000\r\n\r\n{`);
    await once(socket.resume(), 'close');
    assert.equal((await gateway.post('/v1/traces', traces())).statusCode, 200);
  });

  test('of time ends a connection that never begins its handshake', async () => {
    await using gateway = await startGateway({ timeouts: short });
    const socket = connectTcp(gateway.port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket.resume(), 'close');
  });
});

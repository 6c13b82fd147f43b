import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createFastClock } from '../runtime/testing/clocks.ts';
import { connectPlain } from './connection.ts';
import { KubeError } from './errors.ts';
import { createTransport, type RequestRecord, type Transport } from './transport.ts';

interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

interface Rig {
  transport: Transport;
  records: RequestRecord[];
}

/** A transport to a server that gives these answers, the last one for ever. Waits are a thousandth of the real ones. */
async function rig(t: TestContext, ...answers: Answer[]): Promise<Rig> {
  return rigWith(t, (_request, response) => {
    const { status, headers = {}, body = {} } = (answers.length > 1 ? answers.shift() : answers[0]) ?? { status: 500 };
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}

async function rigWith(t: TestContext, listener: RequestListener): Promise<Rig> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const records: RequestRecord[] = [];
  const transport = createTransport({
    connection: connectPlain(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    clock: createFastClock(1000),
    random: () => 0.5,
    observe: (record) => records.push(record),
  });
  t.after(async () => {
    await transport.close();
    server.close();
  });
  return { transport, records };
}

const get = { method: 'GET', path: '/api/v1/pods' } as const;
const busy: Answer = { status: 429, headers: { 'retry-after': '1' } };

test('A server that asks to come back is asked again, and each try is counted', async (t) => {
  const { transport, records } = await rig(t, busy, { status: 503, headers: { 'retry-after': '2' } }, { status: 200 });
  assert.deepEqual(await transport.request(get), {});
  assert.deepEqual(
    records.map(({ code }) => code),
    ['429', '503', '200'],
  );
});

test('A server that is busy for good is given up', async (t) => {
  const { transport, records } = await rig(t, busy);
  await assert.rejects(transport.request(get), { code: 'kube-status', status: 429 });
  assert.equal(records.length, 6);
});

test('An error without a wish to be asked again is not repeated', async (t) => {
  for (const status of [400, 403, 404, 409, 500, 503]) {
    const { transport, records } = await rig(t, { status });
    await assert.rejects(transport.request(get), { status });
    assert.equal(records.length, 1);
  }
});

test('An error keeps the status, reason and words of the server', async (t) => {
  const { transport } = await rig(t, {
    status: 409,
    body: { kind: 'Status', reason: 'Conflict', message: 'was changed' },
  });
  await assert.rejects(transport.request({ method: 'PUT', path: '/api/v1/x', body: {} }), (error) => {
    assert.ok(error instanceof KubeError);
    assert.deepEqual([error.status, error.reason], [409, 'Conflict']);
    assert.equal(error.message, 'The API server answered 409 to PUT /api/v1/x: was changed');
    return true;
  });
});

test('An answer that is not JSON is refused', async (t) => {
  const { transport } = await rig(t, { status: 200, body: '<html>' });
  await assert.rejects(transport.request(get), { code: 'kube-malformed' });
});

test('A server that is away is a KubeError without a status', async (t) => {
  const { transport, records } = await rigWith(t, (request) => request.socket.destroy());
  await assert.rejects(transport.request(get), { code: 'kube-unreachable', status: 0 });
  assert.equal(records[0]?.code, '<error>');
});

test('A query leaves out what is undefined and escapes the rest', async (t) => {
  const urls: (string | undefined)[] = [];
  const { transport } = await rigWith(t, (request, response) => {
    urls.push(request.url);
    response.end('{}');
  });
  await transport.request({ ...get, query: { labelSelector: 'a=b,c', limit: 500, continue: undefined } });
  assert.deepEqual(urls, ['/api/v1/pods?labelSelector=a%3Db%2Cc&limit=500']);
});

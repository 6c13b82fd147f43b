import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { aFinding } from '../../alerts/testing/findings.ts';
import { aPod } from '../testing/builders.ts';
import { createPostLastWords } from './post.ts';

/** A gateway that answers so, and the operator's way to it. */
async function startGateway(status: number) {
  const folder = mkdtempSync(join(tmpdir(), 'chaperone-operator-'));
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, 'of-the-operator\n');
  const requests: { path: string | undefined; authorization: string | undefined; body: unknown }[] = [];
  const server = createServer(async (request, response) => {
    const { url: path, headers } = request;
    requests.push({ path, authorization: headers.authorization, body: JSON.parse(await text(request)) });
    response.writeHead(status).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    post: createPostLastWords({ url, ca: () => '', tokenFile }),
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true });
    },
  };
}

test('last words go to the gateway with the operator’s token, and with the pod that they are of', async () => {
  await using gateway = await startGateway(200);
  const finding = aFinding();
  assert.equal(await gateway.post(aPod(), [finding]), undefined);
  const pod = { namespace: 'ci', name: 'runner-1', uid: 'pod-uid', node: '' };
  assert.deepEqual(gateway.requests, [
    { path: '/v1/last-words', authorization: 'Bearer of-the-operator', body: { pod, findings: [finding] } },
  ]);
});

test('a gateway that will never take them is not asked again, and one that cannot now is', async () => {
  for (const status of [400, 413]) {
    await using gateway = await startGateway(status);
    assert.match((await gateway.post(aPod(), [aFinding()])) ?? '', new RegExp(`answered ${status} `));
  }
  for (const status of [401, 403, 404, 429, 503]) {
    await using gateway = await startGateway(status);
    await assert.rejects(gateway.post(aPod(), [aFinding()]), { code: 'last-words-not-taken' });
  }
});
